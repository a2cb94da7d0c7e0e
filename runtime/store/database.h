// runtime/store/database.h: One SQLite file, its prepared statements, rows and transactions; nothing of their meaning.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace heddle {

using Blob = std::span<const unsigned char>;

// One connection; one thread at a time. Statements and transactions refer to it, so it stays where it was made.
class Database {
 public:
    enum class Access { write, read };

    // write: makes the file (its folder has to exist), readable by its owner alone. read: throws Error when it is
    // missing, changes nothing. Both leave the content alone: a file that is no database is found out at the first
    // statement.
    Database(std::filesystem::path file, Access access);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    const std::filesystem::path& file() const { return file_; }
    sqlite3* handle() const { return handle_.get(); }              // for what extends SQLite; stays this object's
    void execute(std::string_view doing, const std::string& sql);  // any number of statements, no rows
    std::int64_t number(std::string_view doing, const char* sql);  // the first column of the first row
    std::int64_t last_insert_id() const;
    void checkpoint();  // moves the write-ahead log into the file if nobody is in the way; never fails, waits briefly

    // Throws Error: "cannot DOING in FILE: why; what to do".
    [[noreturn]] void fail(std::string_view doing, int code) const;

 private:
    friend class Statement;
    struct Closer {
        void operator()(sqlite3* handle) const;
    };
    std::filesystem::path file_;
    std::unique_ptr<sqlite3, Closer> handle_;
};

// The rows of one run of a statement. Ends with its scope, and resets the statement then.
class Row {
 public:
    Row(Row&& other) noexcept : database_(other.database_), statement_(other.statement_), doing_(other.doing_) {
        other.statement_ = nullptr;
    }
    Row& operator=(Row&&) = delete;
    ~Row();

    bool next();  // false: no more rows
    bool is_null(int column) const;
    std::int64_t integer(int column) const;
    std::string text(int column) const;
    Blob blob(int column) const;  // valid until next()
    std::optional<std::int64_t> optional_integer(int column) const;

 private:
    friend class Statement;
    Row(const Database& database, sqlite3_stmt* statement, std::string_view doing)
        : database_(database), statement_(statement), doing_(doing) {}
    const Database& database_;
    sqlite3_stmt* statement_;
    std::string_view doing_;
};

// Prepared once, run many times, one run at a time.
class Statement {
 public:
    // `doing` says in an error what was tried: "record an event".
    Statement(Database& database, std::string doing, const char* sql);

    // Binds ?1, ?2, ... in order: integers, text, blobs, std::nullopt.
    template <typename... Values>
    Row run(const Values&... values) {
        int at = 0;
        (bind(++at, values), ...);
        return Row(database_, statement_.get(), doing_);
    }
    template <typename... Values>
    void execute(const Values&... values) {
        Row row = run(values...);
        while (row.next()) continue;
    }

 private:
    void bind(int at, std::int64_t value);
    void bind(int at, int value) { bind(at, static_cast<std::int64_t>(value)); }
    void bind(int at, std::string_view value);
    void bind(int at, Blob value);
    void bind(int at, std::nullopt_t);
    template <typename T>
    void bind(int at, const std::optional<T>& value) {
        value ? bind(at, *value) : bind(at, std::nullopt);
    }
    void check(int code) const;

    struct Finalizer {
        void operator()(sqlite3_stmt* statement) const;
    };
    Database& database_;
    std::string doing_;
    std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

// Rolls back unless committed. Takes the write lock at once, so that it cannot fail half way for another writer.
class Transaction {
 public:
    enum class Kind { write, read };  // read: everything is seen as of one moment
    Transaction(Database& database, std::string doing, Kind kind = Kind::write);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

 private:
    Database& database_;
    std::string doing_;
    bool open_ = true;
};

// A file of this kind and this version: what identifies it, and the scripts that bring it there; scripts[v] takes
// version v to v + 1, the first one makes version 1 from an empty file.
struct Format {
    std::int32_t application_id = 0;
    std::span<const std::string_view> scripts;
    std::string_view name = "the store";
    std::string_view other_way = "read it with `heddle log export`";  // for who has no newer heddle at hand

    int version() const { return static_cast<int>(scripts.size()); }
};

// Brings a database that was opened for writing to the format's version, each step whole or not at all. Throws Error,
// having written nothing, for a database of another kind or of a newer version.
void migrate(Database& database, const Format& format);

// For reading: throws Error for a database of another kind; a newer version is read as far as it is known.
void require_kind(Database& database, const Format& format);

}  // namespace heddle

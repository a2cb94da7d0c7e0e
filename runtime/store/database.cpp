// runtime/store/database.cpp: One SQLite file, its prepared statements, rows and transactions; nothing of their
// meaning.
#include "runtime/store/database.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <cstring>
#include <fstream>
#include <utility>

#include "runtime/error.h"

namespace heddle {

namespace fs = std::filesystem;

namespace {

constexpr int busy_ms_max = 10'000;      // writers hold the lock for microseconds; this long is a hung process
constexpr int checkpoint_wait_ms = 200;  // at the end a reader may be in the way; the next writer does it then
constexpr std::int64_t journal_bytes_max = 16 << 20;
constexpr int checkpoint_pages = 4000;  // 16 MB of log, some thousand tokens: a checkpoint waits for the disk

const char* what_to_do(int code) {
    switch (code & 0xff) {
        case SQLITE_FULL:
        case SQLITE_IOERR:
            return "check the space and the health of the disk; what was recorded before is intact";
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return "nothing was overwritten; move the file away or restore a copy";
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return "another process has held it for too long; end that one or try again";
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
        case SQLITE_READONLY:
            return "check that the file and its folder belong to you, or set HEDDLE_HOME";
        default:
            return "nothing was changed";
    }
}

std::string identity(std::int32_t application_id) {
    return fmt::format("{:#010x}", static_cast<std::uint32_t>(application_id));
}

}  // namespace

void Database::Closer::operator()(sqlite3* handle) const {
    sqlite3_close_v2(handle);
}

Database::Database(fs::path file, Access access) : file_(std::move(file)) {
    if (access == Access::write && !fs::exists(file_)) {
        std::ofstream made(file_, std::ios::app);
        std::error_code ignored;  // a file system without permissions still keeps the record
        fs::permissions(file_, fs::perms::owner_read | fs::perms::owner_write, ignored);
    }
    sqlite3* handle = nullptr;
    const int mode = access == Access::write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    const int code =
        sqlite3_open_v2(file_.c_str(), &handle, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    handle_.reset(handle);
    if (code != SQLITE_OK) fail("open the store", code);
    sqlite3_busy_timeout(handle, busy_ms_max);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
}

Database::~Database() = default;

void Database::execute(std::string_view doing, const std::string& sql) {
    const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(doing, code);
}

std::int64_t Database::number(std::string_view doing, const char* sql) {
    Statement statement(*this, std::string(doing), sql);
    Row row = statement.run();
    return row.next() ? row.integer(0) : 0;
}

std::int64_t Database::last_insert_id() const {
    return sqlite3_last_insert_rowid(handle_.get());
}

void Database::checkpoint() {
    sqlite3_busy_timeout(handle_.get(), checkpoint_wait_ms);
    sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    sqlite3_busy_timeout(handle_.get(), busy_ms_max);
}

void Database::fail(std::string_view doing, int code) const {
    std::string why = sqlite3_errstr(code);
    if (handle_ != nullptr) {
        const std::string detail = sqlite3_errmsg(handle_.get());
        if (sqlite3_errcode(handle_.get()) == code && detail != why) why = detail;
        const int system = sqlite3_system_errno(handle_.get());
        const int kind = code & 0xff;
        if (system != 0 && (kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN || kind == SQLITE_FULL)) {
            why += fmt::format(" ({})", std::strerror(system));
        }
    }
    throw Error(fmt::format("cannot {} in {}: {}; {}", doing, file_.string(), why, what_to_do(code)));
}

Row::~Row() {
    if (statement_ != nullptr) sqlite3_reset(statement_);
}

bool Row::next() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) database_.fail(doing_, code);
    return false;
}

bool Row::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Row::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

std::string Row::text(int column) const {
    const Blob bytes = blob(column);
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Blob Row::blob(int column) const {
    const auto* data = static_cast<const unsigned char*>(sqlite3_column_blob(statement_, column));
    return Blob(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::optional<std::int64_t> Row::optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
}

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

Statement::Statement(Database& database, std::string doing, const char* sql)
    : database_(database), doing_(std::move(doing)) {
    sqlite3_stmt* statement = nullptr;
    const int code =
        sqlite3_prepare_v3(database_.handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    statement_.reset(statement);
    check(code);
}

void Statement::check(int code) const {
    if (code != SQLITE_OK) database_.fail(doing_, code);
}

void Statement::bind(int at, std::int64_t value) {
    check(sqlite3_bind_int64(statement_.get(), at, value));
}

void Statement::bind(int at, std::string_view value) {
    const char* data = value.data() == nullptr ? "" : value.data();  // a null pointer would bind NULL
    check(sqlite3_bind_text64(statement_.get(), at, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind(int at, Blob value) {
    const void* data = value.data() == nullptr ? reinterpret_cast<const unsigned char*>("") : value.data();
    check(sqlite3_bind_blob64(statement_.get(), at, data, value.size(), SQLITE_TRANSIENT));
}

void Statement::bind(int at, std::nullopt_t) {
    check(sqlite3_bind_null(statement_.get(), at));
}

Transaction::Transaction(Database& database, std::string doing, Kind kind)
    : database_(database), doing_(std::move(doing)) {
    database_.execute(doing_, kind == Kind::write ? "begin immediate" : "begin");
}

Transaction::~Transaction() {
    if (!open_) return;
    try {
        database_.execute(doing_, "rollback");
    } catch (const Error&) {
        // SQLite has rolled back by itself (a full disk, say); what failed is on its way up already.
    }
}

void Transaction::commit() {
    database_.execute(doing_, "commit");
    open_ = false;
}

namespace {

struct Identity {
    std::int64_t application_id, version, tables;
};

Identity identify(Database& database) {
    return {database.number("open the store", "pragma application_id"),
            database.number("open the store", "pragma user_version"),
            database.number("open the store", "select count(*) from sqlite_master")};
}

bool is_of_kind(const Identity& found, const Format& format) {
    return found.application_id == format.application_id;
}

[[noreturn]] void fail_kind(const Database& database, const Identity& found, const Format& format) {
    throw Error(
        fmt::format("cannot use {} as {}: it is a database of another program (application id {}); "
                    "nothing was changed; move it away or set HEDDLE_HOME",
                    database.file().string(), format.name, identity(static_cast<std::int32_t>(found.application_id))));
}

}  // namespace

void migrate(Database& database, const Format& format) {
    Identity found = identify(database);
    const bool empty = found.application_id == 0 && found.version == 0 && found.tables == 0;
    if (!empty && !is_of_kind(found, format)) fail_kind(database, found, format);
    if (found.version > format.version()) {
        throw Error(fmt::format(
            "cannot write to {}: a newer heddle made it (version {}, this one knows {}); use that one, or {}",
            database.file().string(), found.version, format.version(), format.other_way));
    }
    database.execute("open the store", fmt::format("pragma foreign_keys = on; pragma synchronous = normal; "
                                                   "pragma journal_size_limit = {}; pragma wal_autocheckpoint = {}",
                                                   journal_bytes_max, checkpoint_pages));
    if (empty) database.execute("make the store", "pragma journal_mode = wal");
    while (found.version < format.version()) {
        Transaction step(database, "bring the store up to date");
        found = identify(database);  // another process may have done it in between
        if (found.version < format.version()) {
            const auto& script = format.scripts[static_cast<std::size_t>(found.version)];
            ++found.version;
            database.execute("bring the store up to date",
                             fmt::format("{}; pragma application_id = {}; pragma user_version = {}", script,
                                         format.application_id, found.version));
        }
        step.commit();
    }
}

void require_kind(Database& database, const Format& format) {
    const Identity found = identify(database);
    if (!is_of_kind(found, format)) fail_kind(database, found, format);
}

}  // namespace heddle

// tests/runtime/database_test.cpp: What the store's file promises: identity, versions, whole steps, clear errors.
#include "runtime/store/database.h"

#include <doctest.h>

#include <array>
#include <fstream>
#include <iterator>
#include <string>

#include "runtime/error.h"
#include "tests/support/temp_folder.h"

using namespace heddle;

namespace {

constexpr std::array<std::string_view, 2> scripts{"create table one(a integer) strict",
                                                  "create table two(b text) strict; insert into two values ('new')"};
const Format first{77, std::span(scripts).first(1)};
const Format second{77, scripts};

std::string error_of(const auto& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

bool contains(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("database: what a statement is given comes back unchanged, byte for byte") {
    test::TempFolder folder;
    Database database(folder.path() / "a.db", Database::Access::write);
    database.execute("make a table", "create table t(i integer, s text, b blob, n integer)");
    Statement insert(database, "insert", "insert into t values (?1, ?2, ?3, ?4)");
    const std::string text("nul \0 inside \xff", 15);
    const std::array<unsigned char, 3> blob{0, 255, 7};
    insert.execute(std::int64_t{-5}, text, Blob(blob), std::nullopt);
    insert.execute(1, "", Blob(), std::optional<std::int64_t>(9));
    Statement select(database, "select", "select * from t order by i");
    Row row = select.run();
    REQUIRE(row.next());
    CHECK(row.integer(0) == -5);
    CHECK(row.text(1) == text);
    CHECK(row.text(2) == std::string("\0\xff\7", 3));
    CHECK(row.is_null(3));
    REQUIRE(row.next());
    CHECK(!row.is_null(1));
    CHECK(!row.is_null(2));
    CHECK(row.optional_integer(3) == 9);
    CHECK(!row.next());
}

TEST_CASE("database: a row's scope resets its statement, also when it was not read to the end") {
    test::TempFolder folder;
    Database database(folder.path() / "a.db", Database::Access::write);
    Statement select(database, "select", "select 1 union select 2");
    for (int i = 0; i < 3; ++i) {
        Row row = select.run();
        REQUIRE(row.next());
        CHECK(row.integer(0) == 1);
    }
}

TEST_CASE("database: a transaction that is not committed leaves nothing behind") {
    test::TempFolder folder;
    Database database(folder.path() / "a.db", Database::Access::write);
    database.execute("make a table", "create table t(i integer)");
    {
        Transaction whole(database, "insert");
        database.execute("insert", "insert into t values (1)");
    }
    CHECK(database.number("count", "select count(*) from t") == 0);
    {
        Transaction whole(database, "insert");
        database.execute("insert", "insert into t values (1)");
        whole.commit();
    }
    CHECK(database.number("count", "select count(*) from t") == 1);
}

TEST_CASE("database: migration makes a new file, brings an old one forward, and is idle at the newest version") {
    test::TempFolder folder;
    const auto file = folder.path() / "a.db";
    for (const Format* format : {&first, &first, &second, &second}) {
        Database database(file, Database::Access::write);
        migrate(database, *format);
        CHECK(database.number("read", "pragma user_version") == format->version());
        CHECK(database.number("read", "pragma application_id") == 77);
    }
    Database database(file, Database::Access::read);
    CHECK(database.number("count", "select count(*) from two") == 1);
    CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms::group_read) ==
          std::filesystem::perms::none);
}

TEST_CASE("database: a migration that fails half way leaves the old version whole") {
    test::TempFolder folder;
    const auto file = folder.path() / "a.db";
    {
        Database database(file, Database::Access::write);
        migrate(database, first);
    }
    const std::array<std::string_view, 2> broken{scripts[0],
                                                 "create table two(b text); insert into nowhere values (1)"};
    Database database(file, Database::Access::write);
    CHECK(contains(error_of([&] { migrate(database, {77, broken}); }), "no such table: nowhere"));
    CHECK(database.number("read", "pragma user_version") == 1);
    CHECK(database.number("count", "select count(*) from sqlite_master") == 1);
    migrate(database, second);
    CHECK(database.number("count", "select count(*) from two") == 1);
}

TEST_CASE("database: a newer version is refused for writing in one line, and read") {
    test::TempFolder folder;
    const auto file = folder.path() / "a.db";
    {
        Database database(file, Database::Access::write);
        migrate(database, second);
    }
    const std::string before = bytes_of(file);
    {
        Database database(file, Database::Access::write);
        const std::string error = error_of([&] { migrate(database, first); });
        CHECK(contains(error, "newer heddle made it (version 2, this one knows 1)"));
        CHECK(error.find('\n') == std::string::npos);
    }
    CHECK(bytes_of(file) == before);
    Database database(file, Database::Access::read);
    require_kind(database, first);
    CHECK(database.number("count", "select count(*) from two") == 1);
}

TEST_CASE("database: another program's database and a file that is none are left as they are, with one line") {
    test::TempFolder folder;
    const auto other = folder.path() / "other.db", torn = folder.path() / "torn.db";
    {
        Database database(other, Database::Access::write);
        database.execute("make a table", "create table theirs(a)");
    }
    std::ofstream(torn) << std::string(5000, 'x');
    for (const auto& file : {other, torn}) {
        const std::string before = bytes_of(file);
        for (const auto access : {Database::Access::write, Database::Access::read}) {
            const std::string error = error_of([&] {
                Database database(file, access);
                access == Database::Access::write ? migrate(database, first) : require_kind(database, first);
            });
            INFO(error);
            CHECK(contains(error, file == other ? "database of another program" : "file is not a database"));
            CHECK(contains(error, file.c_str()));
            CHECK(error.find('\n') == std::string::npos);
        }
        CHECK(bytes_of(file) == before);
    }
}

TEST_CASE("database: a missing file or folder is named, with the reason") {
    test::TempFolder folder;
    const std::string error = error_of([&] { Database(folder.path() / "no" / "a.db", Database::Access::write); });
    CHECK(contains(error, "cannot open the store in"));
    CHECK(contains(error, "No such file or directory"));
    CHECK(contains(error_of([&] { Database(folder.path() / "a.db", Database::Access::read); }), "a.db"));
    CHECK(!std::filesystem::exists(folder.path() / "a.db"));
}

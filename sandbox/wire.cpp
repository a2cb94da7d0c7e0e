// sandbox/wire.cpp: Each kind of message field by field, with the bounds that its reader holds it to.
#include "sandbox/wire.h"

#include <limits>

#include "sandbox/error.h"
#include "sandbox/message_bytes.h"

namespace heddle::sandbox {

namespace {

constexpr std::string_view opening_mark = "HDL5O";  // a launcher of another build is told at the first byte
constexpr std::string_view order_mark = "HDL5C";
constexpr std::string_view rewind_mark = "HDL5R";
constexpr std::string_view note_mark = "HDL5N";

using Writer = MessageWriter;

void refuse(const char* why) {
    throw Error(std::string("read a sandbox message: ") + why);
}

struct Reader : MessageReader {
    Reader(std::string_view mark, std::string_view bytes) : MessageReader(mark, bytes, refuse) {}
};

constexpr std::uint64_t milliseconds_max = 1ull << 40;  // 34 years; leaves room to add without overflow
constexpr std::uint64_t bytes_max = 1ull << 50;
constexpr std::uint64_t int_max = std::numeric_limits<int>::max();

std::uint64_t as_number(std::chrono::milliseconds time) {
    return static_cast<std::uint64_t>(time.count());
}

void write(Writer& out, const Limits& limits) {
    out.number(as_number(limits.wall));
    out.number(as_number(limits.cpu));
    out.number(limits.memory_bytes);
    out.number(static_cast<std::uint64_t>(limits.processes));
    out.number(limits.file_bytes);
    out.number(limits.tmp_bytes);
    out.number(limits.disk_bytes);
    out.number(limits.disk_files);
    out.number(static_cast<std::uint64_t>(limits.open_files));
    out.number(limits.output_bytes);
}

Limits read_limits(Reader& in) {
    Limits limits;
    limits.wall = std::chrono::milliseconds(in.number(milliseconds_max));
    limits.cpu = std::chrono::milliseconds(in.number(milliseconds_max));
    limits.memory_bytes = in.number(bytes_max);
    limits.processes = static_cast<int>(in.number(int_max));
    limits.file_bytes = in.number(bytes_max);
    limits.tmp_bytes = in.number(bytes_max);
    limits.disk_bytes = in.number(bytes_max);
    limits.disk_files = in.number(bytes_max);
    limits.open_files = static_cast<int>(in.number(int_max));
    limits.output_bytes = in.number(bytes_max);
    return limits;
}

// An absolute path, which leads nowhere but down.
std::filesystem::path read_place(Reader& in) {
    std::filesystem::path path = in.c_text();
    if (!path.is_absolute()) throw Error("read a sandbox message: a path is not absolute");
    for (const auto& part : path)
        if (part == "..") throw Error("read a sandbox message: a path climbs");
    return path;
}

void write(Writer& out, const std::vector<Cover>& covers) {
    out.number(covers.size());
    for (const Cover& cover : covers) {
        out.text(cover.place.native());
        out.number(static_cast<std::uint64_t>(cover.kind));
    }
}

std::vector<Cover> read_covers(Reader& in) {
    std::vector<Cover> covers;
    for (std::uint64_t left = in.number(covers_max); left > 0; --left) {
        Cover cover;
        cover.place = read_place(in);
        cover.kind = static_cast<Cover::Kind>(in.number(static_cast<std::uint64_t>(Cover::Kind::held)));
        covers.push_back(std::move(cover));
    }
    return covers;
}

}  // namespace

std::string encode(const Opening& opening) {
    Writer out(opening_mark);
    out.text(opening.policy.workspace.native());
    out.text(opening.workspace_source.native());
    out.number(static_cast<std::uint64_t>(opening.policy.mode));
    out.number(static_cast<std::uint64_t>(opening.policy.network));
    out.number(static_cast<std::uint64_t>(opening.policy.tier));
    out.number(opening.policy.require.size());
    for (const auto& word : opening.policy.require) out.text(word);
    write(out, opening.policy.limits);
    out.number(opening.shares.size());
    for (const Share& share : opening.shares) {
        out.text(share.source.native());
        out.text(share.place.native());
        out.number(share.writable);
        out.number(share.device);
        out.number(share.inode);
    }
    write(out, opening.covers);
    out.number(opening.goes_on);
    return out.take();
}

Opening decode_opening(std::string_view bytes) {
    Reader in(opening_mark, bytes);
    Opening opening;
    opening.policy.workspace = read_place(in);
    opening.workspace_source = read_place(in);
    opening.policy.mode = static_cast<WorkspaceMode>(in.number(static_cast<std::uint64_t>(WorkspaceMode::copy)));
    opening.policy.network = static_cast<NetworkMode>(in.number(static_cast<std::uint64_t>(NetworkMode::host)));
    opening.policy.tier = static_cast<Tier>(in.number(static_cast<std::uint64_t>(Tier::a)));
    for (std::uint64_t left = in.count(); left > 0; --left) opening.policy.require.insert(in.c_text());
    opening.policy.limits = read_limits(in);
    for (std::uint64_t left = in.number(shares_max); left > 0; --left) {
        Share share;
        share.source = read_place(in);
        share.place = read_place(in);
        share.writable = in.number(1) == 1;
        share.device = in.number();
        share.inode = in.number();
        opening.shares.push_back(std::move(share));
    }
    opening.covers = read_covers(in);
    opening.goes_on = in.number(1) == 1;
    in.end();
    return opening;
}

std::string encode(const Order& order) {
    Writer out(order_mark);
    const Command& command = order.command;
    out.number(command.argv.size());
    for (const auto& argument : command.argv) out.text(argument);
    out.number(command.environment.size());
    for (const auto& [name, value] : command.environment) {
        out.text(name);
        out.text(value);
    }
    out.number(command.merge_output);
    out.number(command.terminal.has_value());
    const TerminalSize size = command.terminal.value_or(TerminalSize{});
    out.number(size.rows);
    out.number(size.columns);
    out.number(command.is_talked_to);
    out.number(order.is_last);
    return out.take();
}

Order decode_order(std::string_view bytes) {
    Reader in(order_mark, bytes);
    Order order;
    for (std::uint64_t left = in.count(); left > 0; --left) order.command.argv.push_back(in.c_text());
    for (std::uint64_t left = in.count(); left > 0; --left) {
        std::string name = in.c_text();
        if (name.empty() || name.find('=') != std::string::npos)
            throw Error("read a sandbox message: a variable has no proper name");
        order.command.environment[std::move(name)] = in.c_text();
    }
    order.command.merge_output = in.number(1) == 1;
    const bool has_terminal = in.number(1) == 1;
    TerminalSize size;
    size.rows = static_cast<std::uint16_t>(in.number(std::numeric_limits<std::uint16_t>::max()));
    size.columns = static_cast<std::uint16_t>(in.number(std::numeric_limits<std::uint16_t>::max()));
    if (has_terminal) order.command.terminal = size;
    order.command.is_talked_to = in.number(1) == 1;
    order.is_last = in.number(1) == 1;
    in.end();
    if (order.command.argv.empty()) throw Error("read a sandbox message: there is no command in it");
    return order;
}

std::string encode(const Rewind& rewind) {
    Writer out(rewind_mark);
    out.number(static_cast<std::uint64_t>(rewind.kind));
    out.number(rewind.snapshot);
    write(out, rewind.covers);
    return out.take();
}

Rewind decode_rewind(std::string_view bytes) {
    Reader in(rewind_mark, bytes);
    Rewind rewind;
    rewind.kind = static_cast<Rewind::Kind>(in.number(static_cast<std::uint64_t>(Rewind::Kind::go_back)));
    rewind.snapshot = static_cast<unsigned>(in.number(int_max));
    rewind.covers = read_covers(in);
    in.end();
    return rewind;
}

std::string encode(const Note& note) {
    Writer out(note_mark);
    out.number(static_cast<std::uint64_t>(note.kind));
    out.number(static_cast<std::uint64_t>(note.memory));
    out.number(static_cast<std::uint32_t>(note.process));
    out.number(static_cast<std::uint32_t>(note.wait_status));
    out.number(static_cast<std::uint64_t>(note.met));
    out.number(static_cast<std::uint64_t>(note.cpu.count()));
    out.number(note.peak_bytes);
    out.number(note.out_of_memory);
    out.text(note.text);
    out.number(static_cast<std::uint64_t>(note.enforcement.tier));
    for (const Holder holder : note.enforcement.holders) out.number(static_cast<std::uint64_t>(holder));
    out.number(static_cast<std::uint64_t>(note.tree));
    return out.take();
}

Note decode_note(std::string_view bytes) {
    Reader in(note_mark, bytes);
    Note note;
    note.kind = static_cast<Note::Kind>(in.number(static_cast<std::uint64_t>(Note::Kind::folder)));
    note.memory = static_cast<MemoryKeeper>(in.number(static_cast<std::uint64_t>(MemoryKeeper::cgroup2)));
    note.process = static_cast<int>(in.number(int_max));
    note.wait_status = static_cast<int>(in.number(int_max));
    note.met = static_cast<Limit>(in.number(static_cast<std::uint64_t>(Limit::disk)));
    note.cpu = std::chrono::microseconds(in.number(1ull << 60));
    note.peak_bytes = in.number(bytes_max);
    note.out_of_memory = in.number(1) == 1;
    note.text = in.text();
    note.enforcement.tier = static_cast<Tier>(in.number(static_cast<std::uint64_t>(Tier::a)));
    for (Holder& holder : note.enforcement.holders)
        holder = static_cast<Holder>(in.number(static_cast<std::uint64_t>(Holder::kernel)));
    note.tree = static_cast<int>(in.number(int_max));
    in.end();
    return note;
}

}  // namespace heddle::sandbox

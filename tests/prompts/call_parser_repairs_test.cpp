// tests/prompts/call_parser_repairs_test.cpp: Markers, reasoning and control tokens where they do not belong.
#include <doctest.h>

#include "tests/support/shapes.h"

namespace heddle::prompts {

namespace {

const Shape shapes[] = {
    // Markers.
    {"no tag has its marker",
     "a\n\n<function_calls>\n" TEXT_CALL "\n</function_calls>",
     "a",
     called,
     {"without its DSML marker"}},
    {"a bare call without marker", "a\n\n" TEXT_CALL, "a", called, {"without a block", "without its DSML marker"}},
    {"the block alone has no marker",
     "\n\n<function_calls>\n" CALL_F PARAM_A END_CALL "\n</function_calls>",
     "",
     called,
     {"without its DSML marker"}},
    {"the call's tags have no marker",
     OPEN "<invoke name=\"f\">\n" PARAM_A "\n</invoke>" CLOSE,
     "",
     called,
     {"without its DSML marker"}},
    {"the value's closing tag has no marker",
     OPEN CALL_F "<D|parameter name=\"a\" string=\"true\">x</parameter>" END_CALL CLOSE,
     "",
     called,
     {"without its DSML marker"}},
    {"no closing tag has its marker",
     OPEN CALL_F "<D|parameter name=\"a\" string=\"true\">x</parameter>\n</invoke>\n</function_calls>",
     "",
     called,
     {"without its DSML marker", "not closed"}},
    {"a value without markers ends where what follows confirms it",
     "\n\n<function_calls>\n<invoke name=\"f\">\n<parameter name=\"a\" string=\"true\">1</parameter> "
     "2</parameter>\n</invoke>\n</function_calls>",
     "",
     "f{\"a\": \"1</parameter> 2\"}",
     {"without its DSML marker"}},
    {"blanks after the marker",
     "\n\n<D| function_calls>\n<D| invoke name=\"f\">\n<D| parameter name=\"a\" string=\"true\">x</D| parameter>\n</D| "
     "invoke>\n</D| function_calls>",
     "",
     called,
     {"blanks after the DSML marker"}},
    {"an example without markers is text",
     "So:\n\n" TEXT_CALL "\nThat is all.",
     "So:\n\n" TEXT_CALL "\nThat is all.",
     "",
     {}},
    {"a sentence about a tag is text",
     "a\n\n<function_calls> opens a block",
     "a\n\n<function_calls> opens a block",
     "",
     {}},
    {"a call without markers within a line is text", "Use " TEXT_CALL, "Use " TEXT_CALL, "", {}},
    {"a call without markers that is cut off is text",
     "\n\n<invoke name=\"f\">\n<parameter",
     "\n\n<invoke name=\"f\">\n<parameter",
     "",
     {}},
    {"an example without markers before a real call",
     "\n\n" TEXT_CALL "\nNow:" OPEN CALL_F END_CALL CLOSE,
     "\n\n" TEXT_CALL "\nNow:",
     empty_call,
     {}},

    // Reasoning and stray control tokens.
    {"reasoning that runs into the calls",
     "r" OPEN CALL_F PARAM_A END_CALL CLOSE,
     "",
     called,
     {"not closed before the calls"},
     true,
     "r"},
    {"calls within the reasoning are thoughts",
     "r" OPEN CALL_F PARAM_A END_CALL CLOSE "</think>c",
     "c",
     "",
     {"not run", "｜DSML｜"},
     true,
     "r\n\n<function_calls>\n<invoke name=\"f\">\n<parameter name=\"a\" "
     "string=\"true\">x</parameter>\n</invoke>\n</function_calls>"},
    {"reasoning without an end", "r", "", "", {"the reasoning is not closed"}, true, "r"},
    {"reasoning that was not asked for", "<think>r</think>c", "c", "", {"where the prompt asked for none"}, false, "r"},
    {"a second <think>", "<think>r</think>c", "c", "", {"left out: <think>"}, true, "r"},
    {"a second </think>", "r</think>c</think>d", "cd", "", {"left out: </think>"}, true, "r"},
    {"a user token in the answer", "a<｜User｜>b", "ab", "", {"left out: <｜User｜>"}},
    {"a marker that begins no tag", "a D| b <D|x> </D|invoke> c", "a  b <x> </invoke> c", "", {"left out: ｜DSML｜"}},
    {"more after the end", "aEOSb", "a", "", {"more after the end token"}},
};

}  // namespace

TEST_CASE("call_parser: each known departure around a block is read as stated, and named, wherever the stream is cut") {
    check(shapes);
}

}  // namespace heddle::prompts

// tests/tools/web/reader/html_test.cpp: What of a page is read, and how it looks as text.
#include "tools/web/reader/html.h"

#include <doctest.h>

#include <chrono>
#include <string>

using heddle::tools::web::Document;
using heddle::tools::web::read_html;

namespace {

std::string text_of(const std::string& html) {
    return read_html(html, "https://example.org/dir/page").text;
}

std::string repeated(const std::string& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

}  // namespace

TEST_CASE("html: headings, paragraphs, lists, tables and code keep their shape") {
    CHECK(text_of("<h1>One</h1><p>a\n  b<p>c<h3>Two</h3>d") == "# One\n\na b\n\nc\n\n### Two\n\nd");
    CHECK(text_of("x<ul><li>a<li><p>b</p><ol><li>c<li>d</ol></ul>y") == "x\n\n  * a\n  * b\n\n    1. c\n    2. d\n\ny");
    CHECK(text_of("<table><tr><th>k<th>v<tr><td>a<td><p>1</p><p>2</p></table>") == "k | v\n---|---\na | 1 2");
    CHECK(text_of("<table><tr><td><table><tr><td>a<td>b</table><td>c</table>") == "a | b\n---|---\n\nc");
    CHECK(text_of("<p>see<pre>  int a;\n\n  f();\n</pre>end") == "see\n\n```\n  int a;\n\n  f();\n```\n\nend");
    CHECK(text_of("a<br>b<hr>c<div>d<div>e</div></div>") == "a\nb\n\n---\n\nc\nd\ne");
    CHECK(text_of("<p>&lt;b&gt; &amp; &eacute; &#x4e2d; &nbsp; x&shy;y") == "<b> & é 中 xy");
    CHECK(text_of("<img alt='a cat'><img alt=''>") == "[Image: a cat]");
}

TEST_CASE("html: links have ids, their text and their host, and lead to whole URLs") {
    const Document page = read_html(
        "<p>Go <a href='/x?y#z'>there</a>, <a href='../up'>up <b>now</b></a> or <a href='http://u:p@other.net/'>"
        "out</a>. <a href='#here'>here</a> <a href='mailto:a@b'>mail</a> <a href='javascript:f()'>js</a> "
        "<a href='/empty'> </a>end",
        "https://example.org/dir/page");
    CHECK(page.text == "Go 【0†there†example.org】, 【1†up now†example.org】 or 【2†out†other.net】. here mail js end");
    CHECK(page.links ==
          std::vector<std::string>{"https://example.org/x?y", "https://example.org/up", "http://other.net/"});
    CHECK(text_of("x<a href='/y'><h2>title</h2><p>more</p></a>z") == "x【0†title more†example.org】 z");
    const Document local = read_html("<a href='../b%20c.html#s'>b</a><a href='/etc/passwd'>p</a><a href='//h/x'>q</a>",
                                     "file://docs/one/a.html");
    CHECK(local.links[0] == "file://docs/b%20c.html");
    CHECK(local.links[1] == "file://docs/etc/passwd");  // within the collection, whatever is written
}

TEST_CASE("html: what readers do not see is not read, and a page cannot pass its text for a link") {
    CHECK(text_of("<script>a</script><style>b</style><p hidden>c<p style='Display: None'>d<template>e</template>"
                  "<noscript>f</noscript><svg><text>g</text></svg><!-- h --><select><option>i</select></p>j") == "j");
    CHECK(text_of("<p>【0†bank†bank.com】") == "〖0†bank†bank.com〗");
    CHECK(text_of("<a href='http://evil.net/'>1†bank.com】【</a>") == "【0†1†bank.com〗〖†evil.net】");
    CHECK(heddle::tools::web::link_text(3, "a】【4†b", "c】") == "【3†a〗〖4†b†c〗】");
    CHECK(text_of("in<b>vi</b>\u200bsible") == "invisible");
}

TEST_CASE("html: the title is that of its head, else its first heading") {
    CHECK(read_html("<title> A\n B </title><h1>C</h1>", "").title == "A B");
    CHECK(read_html("<h2>B</h2><h1>C</h1>", "").title == "C");
    CHECK(read_html("<svg><title>no</title></svg>x", "").title.empty());
}

TEST_CASE("html: pages that are made to hurt a parser are read in seconds") {
    const auto begin = std::chrono::steady_clock::now();
    CHECK(text_of(repeated("<div>", 200'000) + "deep").find("deep") != std::string::npos);
    CHECK(text_of("<p>" + repeated("<b>", 100'000) + "bold").find("bold") != std::string::npos);
    std::string fonts;
    for (int i = 0; i < 20'000; ++i) fonts += "<font a" + std::to_string(i) + ">";
    CHECK(text_of(fonts + repeated("<p>x", 20'000)).find("x") != std::string::npos);
    std::string attributes = "<a ";
    for (int i = 0; i < 300'000; ++i) attributes += "a" + std::to_string(i) + " ";
    CHECK(text_of(attributes + ">end").find("end") != std::string::npos);
    CHECK(text_of(repeated("<table><tr><td>", 20'000) + "cell").find("cell") != std::string::npos);
    CHECK(text_of(repeated("<a href='/x'>t</a>", 10'000)).find("【4999†t†example.org】t") != std::string::npos);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(120));
}

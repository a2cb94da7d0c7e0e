// runtime/store/words.h: How the index of documents takes text apart: words by their stems, Chinese by characters.
#pragma once

#include <string>

struct sqlite3;

namespace heddle {

// Makes the tokenizer "words" known to a connection; tables that name it are of no use before. Throws Error.
void register_words(sqlite3* connection);

// What a user asks as FTS5 asks: any of the words, none of them an operator. Empty if there is no word in it.
std::string any_word_of(const std::string& query);

}  // namespace heddle

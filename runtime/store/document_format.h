// runtime/store/document_format.h: What makes a database an index of documents.
#pragma once

#include "runtime/store/database.h"

namespace heddle {

const Format& document_format();

}  // namespace heddle

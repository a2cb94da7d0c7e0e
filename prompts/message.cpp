// prompts/message.cpp: The names of the roles.
#include "prompts/message.h"

namespace heddle::prompts {

const char* name_of(Role role) {
    switch (role) {
        case Role::system:
            return "system";
        case Role::developer:
            return "developer";
        case Role::user:
            return "user";
        case Role::assistant:
            return "assistant";
        case Role::tool:
            return "tool";
    }
    return "";
}

}  // namespace heddle::prompts

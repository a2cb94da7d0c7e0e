// tests/sandbox/namespace_cure_test.cpp: Each cause is told with the knob that this machine has, and no other.
#include "sandbox/namespace_cure.h"

#include <doctest.h>

using namespace heddle::sandbox;

namespace {

bool names(const NamespaceKnobs& knobs, const char* cure) {
    return namespace_cure(knobs).find(cure) != std::string::npos;
}

}  // namespace

TEST_CASE("namespace cure: the knob that forbids is named, and a machine without it is not told of it") {
    NamespaceKnobs none_allowed, debian, ubuntu, container, root;
    none_allowed.namespaces_max = 0;
    CHECK(names(none_allowed, "sysctl -w user.max_user_namespaces="));
    debian.unprivileged_clone = 0;
    CHECK(names(debian, "sysctl -w kernel.unprivileged_userns_clone=1"));
    ubuntu.apparmor_restricts = 1;
    CHECK(names(ubuntu, "heddle sandbox probe --apparmor"));
    container.has_filter = true;
    CHECK(names(container, "--security-opt seccomp="));
    container.apparmor_restricts = 1;  // of the host that it runs on
    CHECK(names(container, "--security-opt seccomp="));
    root.is_root = true;
    root.apparmor_restricts = 1;
    root.unprivileged_clone = 0;
    CHECK(namespace_cure(root).empty());
    NamespaceKnobs open;
    open.apparmor_restricts = 0;
    open.unprivileged_clone = 1;
    open.namespaces_max = 1000;
    CHECK(namespace_cure(open).empty());
}

TEST_CASE("namespace cure: the AppArmor profile is for the launcher's own path, and grants namespaces alone") {
    const std::string profile = apparmor_profile("/opt/heddle/bin/heddle-launcher");
    CHECK(profile.find(
              "profile heddle-launcher \"/opt/heddle/bin/heddle-launcher\" flags=(unconfined) {\n  userns,\n}") !=
          std::string::npos);
}

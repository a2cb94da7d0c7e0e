// tests/support/main.cpp: The main function of every test program; doctest runs the cases.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest.h>

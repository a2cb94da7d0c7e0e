# Helpers for the folders: libraries from globbed sources, texts embedded at build, tests by folder.

# heddle_library(NAME [DEPENDS target...]): a static library from every .cpp below the current folder.
function(heddle_library name)
    cmake_parse_arguments(arg "" "" "DEPENDS;EXCLUDE" ${ARGN})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
    foreach(pattern ${arg_EXCLUDE})
        list(FILTER sources EXCLUDE REGEX ${pattern})
    endforeach()
    add_library(heddle_${name} STATIC ${sources})
    target_link_libraries(heddle_${name} PUBLIC ${arg_DEPENDS})
endfunction()

# heddle_embed(NAME): every .md beside the sources (but README.md) becomes a string of the library; the
# generated file defines `std::string_view heddle::NAME::embedded_text(std::string_view stem)`.
function(heddle_embed name)
    file(GLOB texts CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.md)
    list(FILTER texts EXCLUDE REGEX "/README\\.md$")
    set(out ${CMAKE_CURRENT_BINARY_DIR}/${name}_texts.cpp)
    add_custom_command(
        OUTPUT ${out}
        COMMAND ${CMAKE_COMMAND} "-DTEXTS=${texts}" -DOUT=${out} -DNAMESPACE=heddle::${name}
                -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
        DEPENDS ${texts} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
        VERBATIM)
    target_sources(heddle_${name} PRIVATE ${out})
endfunction()

# heddle_tests(NAME [DEPENDS target...] [PARTS part filter...]): one program from tests/NAME/**_test.cpp, run by ctest
# as NAME; the cases that a filter of doctest names run as NAME_part instead, beside it. What no filter names is in NAME.
function(heddle_tests name)
    cmake_parse_arguments(arg "" "" "DEPENDS;PARTS" ${ARGN})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${name}/*.cpp)
    add_executable(${name}_tests ${sources} ${CMAKE_SOURCE_DIR}/tests/support/main.cpp)
    target_link_libraries(${name}_tests PRIVATE ${arg_DEPENDS} doctest::doctest fmt::fmt)
    target_include_directories(${name}_tests PRIVATE /usr/include/doctest)
    target_compile_definitions(${name}_tests PRIVATE
        HEDDLE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" HEDDLE_BINARY_DIR="${CMAKE_BINARY_DIR}")
    set(tests ${name})
    set(in_parts)
    while(arg_PARTS)
        list(POP_FRONT arg_PARTS part filter)
        add_test(NAME ${name}_${part} COMMAND ${name}_tests -tc=${filter})
        list(APPEND tests ${name}_${part})
        list(APPEND in_parts ${filter})
    endwhile()
    if(in_parts)
        list(JOIN in_parts "," in_parts)
        add_test(NAME ${name} COMMAND ${name}_tests -tce=${in_parts})
    else()
        add_test(NAME ${name} COMMAND ${name}_tests)
    endif()
    set_tests_properties(${tests} PROPERTIES TIMEOUT 900)
endfunction()

# Writes a linker version script that exports each function the public headers declare, and nothing else.
# Called with -D OUTPUT=file -D INCLUDE=folder. A name that turns out to be no function does no harm.
file(GLOB_RECURSE headers ${INCLUDE}/*.h)
set(names)
foreach(header IN LISTS headers)
    file(READ ${header} text)
    string(REGEX MATCHALL "linnet_[a-z0-9_]+\\(" found "${text}")
    list(APPEND names ${found})
endforeach()
list(REMOVE_DUPLICATES names)
list(SORT names)
list(JOIN names "" text)
string(REPLACE "(" ";\n" text "${text}")
file(WRITE ${OUTPUT} "{\nglobal:\n${text}local:\n*;\n};\n")

libtls_a_SOURCES +=

#!/usr/bin/env bash
# FAISS from Debian, which has it for C++ only: native/faiss_shim.cpp is compiled against it into a library that .NET can load. No server: nothing to run.
#   library          prints where the library is: the value of faiss:library
. "$(dirname "$0")/lib.sh"
source=$(cd "$(dirname "$0")/../.." && pwd)/native/faiss_shim.cpp
# Named by its source, so that a changed one is built again.
library=$cache/faiss-$(sha256sum "$source" | cut -c 1-12)/libloadline_faiss.so
archive=/usr/lib/$(uname -m)-linux-gnu/libfaiss.a
case "$1" in
  install)
    apt_install g++ libfaiss-dev liblapack-dev libopenblas0-pthread libopenblas-pthread-dev python3-faiss python3-numpy
    mkdir -p "$(dirname "$library")"
    g++ -O2 -g0 -std=c++17 -shared -fPIC -fopenmp -Wall "$source" "$archive" -llapack -lblas -o "$library.new"
    mv "$library.new" "$library" ;;
  installed)
    [ -f "$library" ] || missing "FAISS's library isn't built: eng/engines/faiss.sh install"
    echo "FAISS $(dpkg-query -W -f '${Version}' libfaiss-dev)" ;;
  library) echo "$library" ;;
  *) missing "usage: $0 install|installed|library" ;;
esac

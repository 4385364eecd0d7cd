#!/usr/bin/env bash
# The NuGet package is made, and the sample test project takes it and runs: with no skip, and with both runs judged.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DOTNET_NOLOGO=1
# A version of its own: packages of an earlier build lie in NuGet's cache by their version.
version=0.1.0-ci.$(date +%s)

dotnet pack src/Loadline -c Release -o "$work/packages" -p:Version="$version" -p:RestoreLockedMode=false -v q
cp -r samples/dotnet-tests "$work/sample" # away from the build settings of this repository, as a user has it
rm -rf "$work/sample/bin" "$work/sample/obj"
cp global.json "$work/"
cd "$work/sample"
dotnet test -c Release -p:LoadlineVersion="$version" -p:RestoreAdditionalProjectSources="$work/packages" --output detailed
rm -rf "${NUGET_PACKAGES:-$HOME/.nuget/packages}/loadline/$version"

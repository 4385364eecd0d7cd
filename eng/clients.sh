#!/usr/bin/env bash
# The OpenAPI document makes clients without warnings: it is linted, and TypeScript and C# clients are generated from it and compiled.
set -euo pipefail
cd "$(dirname "$0")/.."
document=$PWD/docs/openapi.json
cache=${LOADLINE_ENGINES:-${XDG_CACHE_HOME:-$HOME/.cache}/loadline-engines}/clients
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true DOTNET_NOLOGO=1

quiet() { # a command's whole output, where it fails or warns
  "$@" >"$work/log" 2>&1 && ! grep -iE '\bwarn(ing)?\b' "$work/log" | grep -vE '^npm warn|Deprecation warning|^ *0 Warning' | grep -q . || { cat "$work/log"; echo "failed or warned: $*" >&2; exit 1; }
}

if [ ! -x "$cache/node_modules/.bin/redocly" ]; then
  mkdir -p "$cache"
  npm install --prefix "$cache" --no-package-lock --no-save --silent @redocly/cli@2.77.0 openapi-typescript@7.13.0 typescript@5.9.3
fi

# Not asked for: a licence of the API, and 4xx answers of health checks, which have none.
quiet "$cache/node_modules/.bin/redocly" lint "$document" --skip-rule info-license --skip-rule operation-4xx-response
echo "linted: no error, no warning"
quiet "$cache/node_modules/.bin/openapi-typescript" "$document" -o "$work/rag.d.ts"
quiet "$cache/node_modules/.bin/tsc" --noEmit --strict "$work/rag.d.ts"
echo "TypeScript: $(wc -l <"$work/rag.d.ts") lines, compiled"
mkdir "$work/client"
cp eng/clients/generate.cs "$work/generate.cs" # away from the build settings of this repository
quiet dotnet run "$work/generate.cs" -- "$document" "$work/client/RagClient.cs"
printf '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework><Nullable>enable</Nullable></PropertyGroup></Project>' >"$work/client/client.csproj"
quiet dotnet build "$work/client/client.csproj" -warnaserror -v q
echo "C#: $(wc -l <"$work/client/RagClient.cs") lines, compiled"

#!/bin/sh
# Install quhua from this folder, without a network. / 离线安装，不需要网络。
# usage: ./install.sh [FOLDER]      default: /opt/quhua, or ~/quhua for a plain user
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3.11}
if [ "$(id -u)" = 0 ]; then target=${1:-/opt/quhua}; else target=${1:-$HOME/quhua}; fi

fail() { echo "错误：$1" >&2; echo "Error: $2" >&2; exit 1; }

command -v "$python" >/dev/null ||
  fail "没有找到 $python。请先安装 Python 3.11，或用 PYTHON=… 指定。" \
       "$python not found. Install Python 3.11, or name it: PYTHON=…"
"$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' ||
  fail "需要 Python 3.11。" "Python 3.11 is needed."
case "@PLATFORM@" in
  *"-$(uname -m)") ;;
  *) fail "此安装包用于 @PLATFORM@，本机是 $(uname -m)。" \
          "This archive is for @PLATFORM@; this machine is $(uname -m)." ;;
esac
echo "核对文件 / checking files"
(cd "$here" && sha256sum --quiet -c MANIFEST.sha256) ||
  fail "文件与 MANIFEST.sha256 不符，请重新拷贝。" \
       "Files differ from MANIFEST.sha256: copy the archive again."
if ! ls "$here"/wheels/pysqlite3-* >/dev/null 2>&1; then
  "$python" -c 'import sqlite3, sys; sys.exit(sqlite3.sqlite_version_info < (3, 51, 3))' ||
    fail "本平台没有 pysqlite3，而 $python 自带的 SQLite 低于 3.51.3。请换用自带新版 SQLite 的 Python 3.11。" \
         "This platform has no pysqlite3 and the SQLite of $python is older than 3.51.3. Use a Python 3.11 built with a newer one."
fi
echo "安装到 $target / installing into $target"
"$python" -m venv "$target"
"$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
  --no-index --find-links "$here/wheels" --no-deps --require-hashes -r "$here/requirements.txt"
"$target/bin/python" -m pip check --disable-pip-version-check >/dev/null ||
  fail "安装不完整。" "The installation is not complete."
"$target/bin/quhua" --help >/dev/null
"$target/bin/python" -m geodata.topology.kernels
"$target/bin/python" -c 'from importlib.metadata import version; print("quhua", version("quhua"))'
echo "完成。下一步：/ Done. Next:"
echo "  export QUHUA_STORE=/var/lib/quhua/quhua.sqlite"
echo "  $target/bin/quhua init --admin admin"
echo "  $target/bin/quhua serve"

@echo off
rem Install quhua from this folder, without a network. usage: install.cmd [FOLDER]
setlocal
set target=%~1
if "%target%"=="" set target=%LOCALAPPDATA%\quhua\program
py -3.11 -m venv "%target%" || goto failed
"%target%\Scripts\python.exe" -m pip install --quiet --disable-pip-version-check --no-input --no-index --find-links "%~dp0wheels" --no-deps --require-hashes -r "%~dp0requirements.txt" || goto failed
"%target%\Scripts\quhua.exe" --help >nul || goto failed
"%target%\Scripts\python.exe" -m geodata.topology.kernels || goto failed
echo Done: %target%\Scripts\quhua.exe
exit /b 0
:failed
echo Failed. Python 3.11 for Windows is needed (py -3.11).
exit /b 1

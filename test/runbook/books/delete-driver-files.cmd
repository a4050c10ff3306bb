for %%f in (F:\Windows\System32\drivers\bad*.sys) do (
  echo Removing %%~nxf
  ren "%%f" "%%~nf.bad"
)
del /f /q F:\Windows\System32\drivers\log.txt
if not exist F:\Windows\System32\drivers\bad.sys echo gone

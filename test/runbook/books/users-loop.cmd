@echo off
for /d %%u in (F:\Users\*) do (
  if exist "%%u\NTUSER.DAT" (
    reg load "HKU\%%~nxu" "%%u\NTUSER.DAT"
    reg add "HKU\%%~nxu\Software\Vendor" /v Agent /t REG_SZ /d off /f
    reg unload "HKU\%%~nxu"
  )
)

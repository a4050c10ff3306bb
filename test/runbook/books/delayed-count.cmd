@echo off & setlocal enableextensions enabledelayedexpansion
reg load HKLM\BROKENSYSTEM F:\Windows\System32\config\SYSTEM >nul 2>&1 || exit /b 1
set /a N=0
for /f "delims=" %%k in ('reg query HKLM\BROKENSYSTEM ^| findstr /i /c:"ControlSet0"') do (
  set /a N+=1
  set KEY!N!=%%k
  reg add "%%k\Control\Terminal Server" /v fDenyTSConnections /t REG_DWORD /d 0 /f >nul
)
for /l %%i in (1,1,!N!) do echo !KEY%%i!
if !N! gtr 0 (echo changed !N! sets) else (echo nothing changed)
reg unload HKLM\BROKENSYSTEM >nul
endlocal & exit/b 0

@ECHO OFF
SETLOCAL ENABLEDELAYEDEXPANSION
:: Uninstall helper for an offline system
SET "LOG=%~dp0cleanup.log"
SET FOUND=0
ECHO %DATE% %TIME% start > "%LOG%"
FOR %%A IN (C D E F G H) DO (
  IF EXIST "%%A:\Windows\System32\Config\SYSTEM" (
    IF /I NOT "%%A:"=="%SystemDrive%" (
      SET TARGET=%%A:
      SET FOUND=1
    )
  )
)
IF !FOUND!==0 (
  ECHO No offline Windows found>>"%LOG%"
  GOTO END
)
ECHO Target is !TARGET! >>"%LOG%"
REG LOAD HKLM\VENDOR_SYS "!TARGET!\Windows\System32\Config\SYSTEM" >>"%LOG%" 2>&1
IF !ERRORLEVEL! NEQ 0 GOTO END
FOR /F "tokens=3 delims= " %%C IN ('REG QUERY "HKLM\VENDOR_SYS\Select" /v Default ^| FINDSTR /I "Default"') DO SET /A CS=%%C
SET CS=00!CS!
SET CS=ControlSet!CS:~-3!
FOR %%S IN (TermService gpsvc NotThere) DO (
  REG QUERY "HKLM\VENDOR_SYS\!CS!\Services\%%S" >NUL 2>&1
  IF !ERRORLEVEL! EQU 0 (
    REG ADD "HKLM\VENDOR_SYS\!CS!\Services\%%S" /v Start /t REG_DWORD /d 4 /f >>"%LOG%"
  ) ELSE (
    ECHO %%S is not there >>"%LOG%"
  )
)
FOR %%K IN (
  "HKLM\VENDOR_SYS\!CS!\Services\bad"
  "HKLM\VENDOR_SYS\!CS!\Services\Eventlog\Vendor"
) DO REG DELETE %%K /f >>"%LOG%" 2>&1
IF EXIST "!TARGET!\Windows\System32\drivers\bad.sys" DEL /F /Q "!TARGET!\Windows\System32\drivers\bad.sys"
REG UNLOAD HKLM\VENDOR_SYS >>"%LOG%" 2>&1
:END
ECHO Done.
PAUSE
ENDLOCAL
EXIT /B %ERRORLEVEL%

rem Boot files of a Gen1 disk
bcdedit /store F:\boot\bcd /set {default} device partition=F:
bcdedit /store F:\boot\bcd /set {default} recoveryenabled No
bcdboot F:\Windows /s F: /f BIOS
bootrec /fixmbr
bootrec /rebuildbcd
chkdsk F: /f /r
sfc /scannow /offbootdir=F:\ /offwindir=F:\Windows
dism /image:F:\ /cleanup-image /revertpendingactions
if %errorlevel% neq 0 (
  echo DISM failed
  goto :eof
)
bcdedit /store F:\boot\bcd /set {default} bootstatuspolicy IgnoreAllFailures

@echo off
rem Serial console on the attached disk
bcdedit /store F:\boot\bcd /set {bootmgr} displaybootmenu yes
bcdedit /store F:\boot\bcd /set {bootmgr} timeout 10
bcdedit /store F:\boot\bcd /set {bootmgr} bootems yes
bcdedit /store F:\boot\bcd /ems {<Boot Loader Identifier>} on
bcdedit /store F:\boot\bcd /emssettings emsport:1 emsbaudrate:115200

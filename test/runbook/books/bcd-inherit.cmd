bcdedit /store F:\boot\bcd /set {default} inherit {bootloadersettings}
bcdedit /store F:\boot\bcd /set {bootmgr} inherit {globalsettings}
bcdedit /store F:\boot\bcd /set {default} hypervisorlaunchtype auto
bcdedit /store F:\boot\bcd /deletevalue {default} safeboot
bcdedit /store F:\boot\bcd /enum {default}

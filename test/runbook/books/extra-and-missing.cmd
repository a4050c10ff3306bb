bcdedit /store F:\boot\bcd /deletevalue {default} safeboot dsrepair
bcdedit /store F:\boot\bcd /set {default} integrityservicesenable
bcddit /store F: boot\bcd /set {default} testsigning off

bcdedit /store F:EFI\Microsoft\boot\bcd /set {bootmgr} integrityservices enable
bcdedit /store F:EFI\Microsoft\boot\bcd /set {<identifier>} integrityservices enable
bcdedit /store F:EFI\Microsoft\boot\bcd /set {<Identifier>} recoveryenabled Off
bcdedit /store F:EFI\Microsoft\boot\bcd /set {<Identifier>} bootstatuspolicy IgnoreAllFailures

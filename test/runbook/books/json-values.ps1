$config = @'
{ "values": [ { "key": "Control\\Lsa", "name": "LmCompatibilityLevel", "value": 3 },
              { "key": "Control\\CrashControl", "name": "AutoReboot", "value": 0 } ] }
'@ | ConvertFrom-Json
reg load HKLM\J F:\Windows\System32\config\SYSTEM
foreach ($v in $config.values) {
    New-ItemProperty -Path "HKLM:\J\ControlSet001\$($v.key)" -Name $v.name -Value $v.value -PropertyType DWord -Force | Out-Null
}
reg unload HKLM\J

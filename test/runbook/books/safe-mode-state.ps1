param([switch]$Enable, [ValidateSet('Minimal','Network')][string]$Mode = 'Minimal')
$bcd = @('F:\Boot\BCD', 'F:\EFI\Microsoft\Boot\BCD') | Where-Object { Test-Path $_ } | Select-Object -First 1
if ([string]::IsNullOrEmpty($bcd)) { Write-Error 'no store'; return }
$out = & bcdedit.exe /store $bcd /enum '{default}' | Out-String
$state = switch -Regex ($out) { 'safeboot\s+Minimal' { 'minimal' } 'safeboot\s+Network' { 'network' } default { 'normal' } }
Write-Host "state: $state"
if ($Enable.IsPresent) { & bcdedit.exe /store $bcd /set '{default}' safeboot $Mode.ToLower() }
elseif ($state -ne 'normal') { & bcdedit.exe /store $bcd /deletevalue '{default}' safeboot }
else { & bcdedit.exe /store $bcd /set '{default}' bootstatuspolicy ignoreallfailures }

[CmdletBinding(SupportsShouldProcess)]
param ([Parameter(Mandatory)][ValidatePattern('^[A-Z]$')][string]$DriveLetter = 'F')
begin { $mount = 'HKLM\{0}' -f ([guid]::NewGuid().ToString('N')); $ps = $mount -replace '^HKLM\\', 'HKLM:\' }
process {
    reg load $mount ('{0}:\Windows\System32\config\SYSTEM' -f $DriveLetter) | Out-Null
    if ($PSCmdlet.ShouldProcess($mount, 'repair')) {
        $cc = Get-ItemProperty -Path (Join-Path $ps 'ControlSet001\Control\CrashControl')
        if ($cc.CrashDumpEnabled -eq 0 -or $null -eq $cc.CrashDumpEnabled) {
            Set-ItemProperty -Path (Join-Path $ps 'ControlSet001\Control\CrashControl') -Name CrashDumpEnabled -Value 7
        }
        [string[]]$order = (Get-ItemProperty (Join-Path $ps 'ControlSet001\Control\ServiceGroupOrder')).List
        Write-Verbose "groups: $($order.Count)"
        if ($order -notcontains 'Rescue') {
            $order += 'Rescue'
            Set-ItemProperty (Join-Path $ps 'ControlSet001\Control\ServiceGroupOrder') -Name List -Value $order
        }
    }
}
end { [gc]::Collect(); reg unload $mount | Out-Null }

// Which commands are done here, which need a running Windows, and which mean nothing to a disk.

/** Done on the disk or by the interpreter itself. */
export const RUN_TOOLS: ReadonlySet<string> = new Set(
  'reg bcdedit icacls takeown sc attrib md mkdir rd rmdir copy xcopy robocopy move ren rename del erase type dir find findstr more set setlocal endlocal goto call exit echo cd chdir pushd popd cmd'.split(
    ' ',
  ),
);

/** Nothing to do for a disk. */
export const IGNORED_TOOLS: ReadonlySet<string> = new Set(
  'rem pause cls title color ver timeout chcp prompt mode break verify shift choice'.split(' '),
);

/** They need Windows; they are listed and not run. */
export const ELSEWHERE_TOOLS: ReadonlySet<string> = new Set(
  (
    'dism sfc chkdsk chkntfs diskpart manage-bde repair-bde netsh net net1 gpupdate gpresult shutdown wmic bootrec bcdboot bootsect powershell pwsh ' +
    'wevtutil systeminfo ipconfig netstat ping nltest secedit regsvr32 fsutil schtasks taskkill tasklist w32tm msiexec certutil cipher vssadmin ' +
    'mountvol label format driverquery whoami psping tracert nslookup reagentc lodctr winmgmt mofcomp pnputil devcon drvload expand makecab ' +
    'cscript wscript slmgr winrm start runas sysprep msconfig regedit mmc notepad explorer telnet route arp klist dcdiag repadmin ntdsutil ' +
    'esentutl compact defrag logman typeperf qwinsta query rwinsta change winpeshl setspn auditpol hostname wbadmin recover subst compmgmt.msc ' +
    'gpedit.msc services.msc diskmgmt.msc devmgmt.msc certlm.msc secpol.msc curl bitsadmin tzutil powercfg verifier wusa usoclient az'
  ).split(' '),
);

/** Cmdlets that need a running Windows or the network. */
const ELSEWHERE_CMDLETS =
  /^(?:(?:Start|Stop|Restart|Suspend|Resume|New)-Service|Get-(?:Service|Process|WmiObject|CimInstance|EventLog|WinEvent|NetAdapter\w*|NetFirewall\w*|NetIPAddress|NetTCPConnection|HotFix|WindowsFeature|WindowsOptionalFeature|WindowsDriver|WindowsPackage|Disk|Partition|Volume|VM|Az\w+|Help|Command|Date|ComputerInfo|ADComputer|BitLockerVolume)|(?:Import|Remove|Install|Update|Save)-(?:Module|Package|Script)|(?:Set|Enable|Disable|New|Remove)-(?:Net\w+|MpPreference|ExecutionPolicy|WindowsOptionalFeature|LocalUser|Disk|Partition|VM\w*|Az\w+|ScheduledTask|PSRemoting)|(?:Add|Remove|Install|Uninstall)-Windows\w+|Repair-\w+|Invoke-(?:Command|WebRequest|GPUpdate|Expression|Az\w+|RestMethod)|Test-(?:NetConnection|ComputerSecureChannel|Connection|Wsman)|Reset-ComputerMachinePassword|Restart-Computer|Stop-(?:Computer|Process)|Start-(?:Process|Sleep|Az\w+)|Connect-\w+|Enter-PSSession|Exit-PSSession|Unlock-BitLocker|(?:Mount|Dismount|Attach|Resize|Stop|Start|Add|Update)-(?:VHD|DiskImage|Az\w+|VM\w*)|Checkpoint-\w+|Set-Location|Push-Location|Pop-Location|Clear-Host)$/i;

/** Cmdlets that are done here. */
export const RUN_CMDLETS: ReadonlySet<string> = new Set(
  'set-itemproperty new-itemproperty new-item remove-itemproperty remove-item get-itemproperty get-itempropertyvalue test-path set-service write-host write-output write-warning out-null copy-item move-item rename-item'.split(
    ' ',
  ),
);

export function isElsewhereCmdlet(name: string): boolean {
  return ELSEWHERE_CMDLETS.test(name);
}

/** The command that a first word names: without folder, `.exe` and case. */
export function toolName(word: string): string {
  const bare = word.slice(Math.max(word.lastIndexOf('\\'), word.lastIndexOf('/')) + 1).toLowerCase();
  return bare.replace(/\.(?:exe|com|cmd|bat)$/, '');
}

/** Tools whose names are long and odd enough that one wrong letter still tells which is meant. */
const UNMISTAKABLE = ['bcdedit', 'icacls', 'takeown'] as const;

/** The tool that a misspelt word means: one letter too many, too few, wrong or swapped. */
export function misspeltTool(word: string): string | null {
  return UNMISTAKABLE.find((tool) => tool !== word && word.length >= 5 && isOneSlipAway(word, tool)) ?? null;
}

function isOneSlipAway(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let i = 0;
  while (i < a.length && a[i] === b[i]) i += 1;
  const rest = (text: string, skip: number): string => text.slice(i + skip);
  return (
    rest(a, 1) === rest(b, 1) ||
    rest(a, 1) === rest(b, 0) ||
    rest(a, 0) === rest(b, 1) ||
    (a[i] === b[i + 1] && a[i + 1] === b[i] && rest(a, 2) === rest(b, 2))
  );
}

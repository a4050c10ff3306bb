// Which commands are done here, which need a running Windows, and which mean nothing to a disk.

/** Done on the disk or by the interpreter itself. */
export const RUN_TOOLS: ReadonlySet<string> = new Set(
  'reg bcdedit icacls takeown setacl subinacl sc attrib md mkdir rd rmdir copy xcopy robocopy move ren rename del erase type dir find findstr more set setlocal endlocal shift choice goto call exit echo cd chdir pushd popd cmd powershell pwsh'.split(
    ' ',
  ),
);

/** Nothing to do for a disk. */
export const IGNORED_TOOLS: ReadonlySet<string> = new Set(
  'rem pause cls title color ver timeout chcp prompt mode break verify sleep'.split(' '),
);

/** They need Windows; they are listed and not run. */
export const ELSEWHERE_TOOLS: ReadonlySet<string> = new Set(
  (
    'dism sfc chkdsk chkntfs diskpart manage-bde repair-bde netsh net net1 gpupdate gpresult shutdown wmic bootrec bcdboot bootsect wpeutil wpeinit ' +
    'wevtutil systeminfo ipconfig netstat ping nltest secedit regsvr32 fsutil schtasks taskkill tasklist w32tm msiexec certutil cipher vssadmin ' +
    'mountvol label format driverquery whoami psping tracert nslookup reagentc lodctr winmgmt mofcomp pnputil devcon drvload expand makecab ' +
    'cscript wscript slmgr winrm start runas sysprep msconfig regedit mmc notepad explorer telnet route arp klist dcdiag repadmin ntdsutil ' +
    'esentutl compact defrag logman typeperf qwinsta query rwinsta change winpeshl setspn auditpol hostname wbadmin recover subst compmgmt.msc ' +
    'openfiles fltmc cacls at date time setx mklink assoc ftype where forfiles tree fc clip logoff msg gpmc.msc regini gpedit.msc services.msc diskmgmt.msc devmgmt.msc certlm.msc secpol.msc curl bitsadmin tzutil powercfg verifier wusa usoclient az'
  ).split(' '),
);

/** Cmdlets that need a running Windows or the network. */
const ELSEWHERE_CMDLETS =
  /^(?:(?:Start|Stop|Restart|Suspend|Resume|New)-Service|Get-(?:Service|Process|WmiObject|CimInstance|EventLog|WinEvent|NetAdapter\w*|NetFirewall\w*|NetIPAddress|NetTCPConnection|HotFix|WindowsFeature|WindowsOptionalFeature|WindowsDriver|WindowsPackage|Disk|Az\w+|Help|Command|Date|ComputerInfo|ADComputer|BitLockerVolume)|(?:Import|Remove|Install|Update|Save)-(?:Module|Package|Script)|(?:Set|Enable|Disable|New|Remove)-(?:Net\w+|MpPreference|ExecutionPolicy|WindowsOptionalFeature|LocalUser|Disk|Partition|VM\w*|Az\w+|ScheduledTask|PSRemoting)|(?:Add|Remove|Install|Uninstall)-Windows\w+|Repair-\w+|Invoke-(?:Command|WebRequest|GPUpdate|Expression|Az\w+|RestMethod)|Test-(?:NetConnection|ComputerSecureChannel|Connection|Wsman)|Reset-ComputerMachinePassword|Restart-Computer|Stop-(?:Computer|Process)|Start-(?:Process|Az\w+|VM|Job|BitsTransfer)|Connect-\w+|Enter-PSSession|Exit-PSSession|Unlock-BitLocker|(?:Mount|Dismount|Attach|Resize|Stop|Start|Add|Update)-(?:VHD|DiskImage|Az\w+|VM\w*)|Checkpoint-\w+|Get-(?:ADUser|LocalUser|MpPreference|Tpm|PhysicalDisk|StoragePool|VMSwitch|NetRoute|PnpDevice|ScheduledTask|Package|AppxPackage|AppxProvisionedPackage|WindowsImage|Counter|Clipboard|PSSession|ExecutionPolicy|Culture|UICulture|TimeZone|Random|Credential|FileHash|AuthenticodeSignature)|Set-(?:Disk|Partition|Volume|Clipboard|TimeZone|ADUser|Content-\w+)|(?:Add|Remove|Resize|Initialize|Clear|Format|Optimize)-(?:Disk|Partition|PartitionAccessPath|Volume)|Read-Host|Wait-\w+|Enable-\w+|Disable-\w+|Install-\w+|Uninstall-\w+|(?:Set|Remove)-(?:VM\w*|Service)|(?:New|Set)-Az\w+|Expand-Archive|Compress-Archive|Send-\w+|Register-\w+|Unregister-\w+|Clear-EventLog|Clear-RecycleBin|Limit-EventLog|Add-Type|Add-AppxPackage|Out-GridView|Out-Printer|Update-\w+|Debug-\w+|Trace-\w+)$/i;

/** Cmdlets that are done here. */
export const RUN_CMDLETS: ReadonlySet<string> = new Set(
  (
    'set-itemproperty new-itemproperty new-item new-item-folder remove-itemproperty clear-itemproperty rename-itemproperty copy-itemproperty move-itemproperty ' +
    'remove-item set-item get-item get-childitem get-itemproperty get-itempropertyvalue test-path set-service copy-item move-item ' +
    'new-temporaryfile rename-item get-content set-content add-content out-file tee-object set-location push-location pop-location ' +
    'get-location resolve-path new-psdrive remove-psdrive get-psdrive get-partition get-volume get-disk-partitions ' +
    'get-diskpartitions get-date foreach-object where-object select-object sort-object group-object measure-object ' +
    'select-string join-path split-path new-object add-member write-output write-host write-warning write-verbose ' +
    'write-debug write-information write-progress write-eventlog write-error log-output log-info log-warning log-error ' +
    'log-debug out-host out-default out-null out-string format-table format-list start-sleep start-transcript ' +
    'stop-transcript set-strictmode clear-host set-executionpolicy import-module remove-module get-vm get-module ' +
    'convertfrom-json convertto-json convertfrom-csv import-csv convertto-csv export-csv get-acl set-acl get-variable set-variable new-variable invoke-expression invoke-command start-process'
  ).split(' '),
);

/** Commands that only tell a person something, or wait. */
const PRINTING =
  /^(?:(?:where|select|sort|group|measure|foreach)-object|select-string|join-path|split-path|new-object|write-(?:output|host|warning|verbose|debug|information|progress|eventlog|error)|log-\w+|out-(?:null|host|default|string|file)|tee-object|start-sleep|start-transcript|stop-transcript|format-\w+|get-date|add-content|echo|pause|cls|timeout|clear-host)$/;

/** A line that a person types into diskpart. */
export const DISKPART_LINE =
  /^\s*(?:DISKPART>\s*)?(?:list|lis|select|sel|assign|remove|online|offline|attributes?|rescan|active|inactive|clean|format|create|convert|detail|detach|attach|delete|extend|shrink|uniqueid|gpt|san|automount|setid|exit|compact|import|recover|repair|retain|filesystems)\b/i;

/** A name that this project knows, whatever it does with it. */
export function isKnownTool(name: string): boolean {
  return RUN_TOOLS.has(name) || ELSEWHERE_TOOLS.has(name) || IGNORED_TOOLS.has(name) || RUN_CMDLETS.has(name);
}

export function isPrinting(name: string): boolean {
  return PRINTING.test(name);
}

export function isElsewhereTool(name: string): boolean {
  return ELSEWHERE_TOOLS.has(name);
}

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

const FOLDERS =
  /^(?:windows(?:\\(?:system32(?:\\(?:config|drivers|catroot2?|driverstore))?|winsxs|servicing|syswow64|boot))?|program files(?: \(x86\))?|programdata|users|boot|efi(?:\\microsoft(?:\\boot)?)?)?$/i;
const FILES =
  /^(?:windows\\system32\\(?:config\\(?:system|software|sam|security|default)|ntoskrnl\.exe|winload\.(?:exe|efi)|hal\.dll|smss\.exe|winlogon\.exe)|bootmgr|boot\\bcd|efi\\microsoft\\boot\\(?:bcd|bootmgfw\.efi))$/i;

/** What of Windows the command would take away: a path, or a drive that is formatted; null where nothing. */
export function deletesSystemFiles(tool: string, args: readonly string[]): string | null {
  if (tool === 'format' || tool === 'format-volume') {
    return args.find((arg) => /^[A-Za-z]:\\?$/.test(arg)) ?? (tool === 'format' ? null : 'the volume');
  }
  if (!/^(?:del|erase|rd|rmdir|remove-item)$/.test(tool)) return null;
  const isDeep = /^(?:rd|rmdir)$/.test(tool) || args.some((arg) => /^(?:\/s|-r(?:ecurse)?)$/i.test(arg));
  const found = args.find((arg) => {
    const path = /^[A-Za-z]:\\?(.*)$/.exec(arg)?.[1];
    if (path === undefined) return false;
    const isAll = /(?:^|\\)\*(?:\.\*)?$/.test(path);
    const bare = path.replace(/\\?\*(?:\.\*)?$/, '').replace(/\\$/, '');
    return FILES.test(bare) || ((isDeep || isAll) && FOLDERS.test(bare));
  });
  return found ?? null;
}

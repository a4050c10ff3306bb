// A package as virtio-win has it, made here: an INF of the same shape, and a file that begins as a driver does.

const DEVICES = { viostor: ['1001', '1042'], vioscsi: ['1004', '1048'] } as const;

export function virtioInf(service: keyof typeof DEVICES): string {
  const [old, modern] = DEVICES[service];
  return `; made for a test
[Version]
Signature="$WINDOWS NT$"
Class=SCSIAdapter
ClassGUID={4D36E97B-E325-11CE-BFC1-08002BE10318}
Provider=%VENDOR%
DriverVer=07/12/2023,100.94.104.24000
CatalogFile=${service}.cat

[Manufacturer]
%VENDOR%=Disks,NTAMD64.6.1

[Disks.NTAMD64.6.1]
%Disk.Name% = scsi_inst, PCI\\VEN_1AF4&DEV_${old}&SUBSYS_00021AF4&REV_00, PCI\\VEN_1AF4&DEV_${old}
%Disk.Name% = scsi_inst, PCI\\VEN_1AF4&DEV_${modern}&SUBSYS_11001AF4&REV_01 ; the modern one
%Other.Name% = other_inst, PCI\\VEN_1AF4&DEV_9999

[scsi_inst]
CopyFiles=@${service}.sys

[scsi_inst.Services]
AddService = ${service}, %SPSVCINST_ASSOCSERVICE%, service_inst, log_inst

[service_inst]
DisplayName    = %Disk.Name%
ServiceType    = %SERVICE_KERNEL_DRIVER%
StartType      = %SERVICE_BOOT_START%
ErrorControl   = %SERVICE_ERROR_NORMAL%
ServiceBinary  = %12%\\${service}.sys
LoadOrderGroup = SCSI miniport
AddReg         = params_addreg

[params_addreg]
HKR, "Parameters", "BusType", %REG_DWORD%, 0x0000000A
HKR, "Parameters\\PnpInterface", "5", %REG_DWORD%, 0x00000001
HKR,, "Text", 0x00000000, "a; b"

[Strings]
VENDOR = "Red Hat, Inc."
Disk.Name = "A disk, with a comma"
Other.Name = "Another"
SPSVCINST_ASSOCSERVICE = 0x00000002
SERVICE_KERNEL_DRIVER = 1
SERVICE_BOOT_START = 0
SERVICE_ERROR_NORMAL = 1
REG_DWORD = 0x00010001
`;
}

/** 0x8664 is x64, 0x14c x86. */
export function driverProgram(machine = 0x8664): Uint8Array {
  const bytes = new Uint8Array(1024);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x5a4d, true);
  view.setUint32(0x3c, 0x80, true);
  view.setUint32(0x80, 0x4550, true);
  view.setUint16(0x84, machine, true);
  return bytes;
}

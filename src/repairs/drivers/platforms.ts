// What a Windows needs to start on each platform: the drivers from the bus to the boot disk, and the id by which Windows
// finds each. Sources: the drivers' own INF files, real hives of 6.1 and 10.0, and vendors' guides to such moves.

export interface PlatformDriver {
  /** Any one of these services is enough; the first is named where none is there. */
  readonly services: readonly string[];
  /** Any one of these devices, as '<bus>\<id>', is enough; [] where the driver is bound to no id. */
  readonly ids: readonly string[];
  /** The package that brings it, where Windows does not. */
  readonly from: string | null;
}

export interface Platform {
  /** As it is typed. */
  readonly name: string;
  readonly title: string;
  /** Null: it starts by both. */
  readonly firmware: 'bios' | 'uefi' | null;
  /** Of NT 6.2 and later. */
  readonly drivers: readonly PlatformDriver[];
  /** Of NT 6.1 and before; null: such a Windows does not start there. */
  readonly olderDrivers: readonly PlatformDriver[] | null;
  /** What leads there where a driver is missing. */
  readonly way: string | null;
}

const driver = (service: string, ids: readonly string[], from: string | null = null): PlatformDriver => ({
  services: [service],
  ids,
  from,
});

const VMBUS = driver('vmbus', ['ACPI\\VMBUS', 'ACPI\\MSFT1000']);
const STORVSC = driver('storvsc', ['VMBUS\\{ba6163d9-04a1-4d29-b605-72e2ffb1dc7f}']);
const STORFLT = driver('storflt', []);
const VPCI = driver('vpci', ['VMBUS\\{44c4f61d-4444-4400-9d52-802e27ede19f}']);
const STORNVME = driver('stornvme', ['PCI\\CC_010802']);
const IDE: readonly PlatformDriver[] = [
  {
    services: ['intelide', 'pciide'],
    ids: ['PCI\\CC_0101', 'PCI\\VEN_8086&DEV_7010', 'PCI\\VEN_8086&DEV_7111'],
    from: null,
  },
  driver('atapi', []),
];
const VIRTIO_WIN = 'virtio-win';
const VIOSTOR = driver('viostor', ['PCI\\VEN_1AF4&DEV_1001', 'PCI\\VEN_1AF4&DEV_1042'], VIRTIO_WIN);
const VIOSCSI = driver('vioscsi', ['PCI\\VEN_1AF4&DEV_1004', 'PCI\\VEN_1AF4&DEV_1048'], VIRTIO_WIN);
const LSI_SAS = driver('LSI_SAS', ['PCI\\VEN_1000&DEV_0054']);
const PVSCSI = driver('pvscsi', ['PCI\\VEN_15AD&DEV_07C0'], 'VMware Tools');
const AWS_NVME: PlatformDriver = {
  services: ['stornvme', 'awsnvme'],
  ids: ['PCI\\CC_010802', 'PCI\\VEN_1D0F&DEV_8061'],
  from: 'the AWS NVMe package',
};
const VIRTIO_WAY =
  'Start it once on SATA or IDE with a second small disk of this kind attached and virtio-win installed, then move the boot disk over.';

export const PLATFORMS: readonly Platform[] = [
  {
    name: 'hyperv',
    title: 'Hyper-V, and Azure of generation 1',
    firmware: null,
    drivers: [VMBUS, STORVSC, STORFLT],
    olderDrivers: [VMBUS, STORVSC, STORFLT, ...IDE],
    way: null,
  },
  {
    name: 'azure-gen2',
    title: 'Azure of generation 2, SCSI',
    firmware: 'uefi',
    drivers: [VMBUS, STORVSC, STORFLT],
    olderDrivers: null,
    way: null,
  },
  {
    name: 'azure-nvme',
    title: 'Azure sizes whose disks are NVMe',
    firmware: 'uefi',
    drivers: [VMBUS, VPCI, STORNVME],
    olderDrivers: null,
    way: null,
  },
  {
    name: 'virtio-blk',
    title: 'KVM, disk on virtio-blk',
    firmware: null,
    drivers: [VIOSTOR],
    olderDrivers: [VIOSTOR],
    way: VIRTIO_WAY,
  },
  {
    name: 'virtio-scsi',
    title: 'KVM, disk on virtio-scsi',
    firmware: null,
    drivers: [VIOSCSI],
    olderDrivers: [VIOSCSI],
    way: VIRTIO_WAY,
  },
  {
    name: 'ahci',
    title: 'SATA AHCI: bare metal, KVM q35, VMware, VirtualBox',
    firmware: null,
    drivers: [driver('storahci', ['PCI\\CC_010601'])],
    olderDrivers: [driver('msahci', ['PCI\\CC_010601'])],
    way: null,
  },
  { name: 'ide', title: 'IDE: KVM, VMware, VirtualBox', firmware: null, drivers: IDE, olderDrivers: IDE, way: null },
  {
    name: 'lsi-sas',
    title: 'VMware, LSI Logic SAS',
    firmware: null,
    drivers: [LSI_SAS],
    olderDrivers: [LSI_SAS],
    way: null,
  },
  {
    name: 'pvscsi',
    title: 'VMware, paravirtual SCSI',
    firmware: null,
    drivers: [PVSCSI],
    olderDrivers: [PVSCSI],
    way: 'Start it once on LSI SAS or SATA with a second small disk on PVSCSI and VMware Tools installed, then move the boot disk over.',
  },
  {
    name: 'aws-nitro',
    title: 'AWS instances of the Nitro kind',
    firmware: null,
    drivers: [AWS_NVME],
    olderDrivers: [driver('awsnvme', ['PCI\\VEN_1D0F&DEV_8061'], 'the AWS NVMe package')],
    way: null,
  },
  {
    name: 'nvme',
    title: 'NVMe: bare metal, VMware, KVM',
    firmware: 'uefi',
    drivers: [STORNVME],
    olderDrivers: [driver('stornvme', ['PCI\\CC_010802'], 'the hotfix KB2990941')],
    way: null,
  },
];

export const platformNamed = (name: string): Platform | null =>
  PLATFORMS.find((platform) => platform.name === name) ?? null;

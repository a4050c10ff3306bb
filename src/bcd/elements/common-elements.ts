// The elements of every object and of all kinds but OS loaders: number, name, source of the name, Microsoft's own name.

import type { ElementRow } from './element-row.ts';

/** Class 1: in any object. */
// biome-ignore format: a table
export const LIBRARY_ELEMENTS: readonly ElementRow[] = [
  [0x11000001, 'device', 'D', 'BcdLibraryDevice_ApplicationDevice'],
  [0x12000002, 'path', 'D', 'BcdLibraryString_ApplicationPath'],
  [0x12000004, 'description', 'D', 'BcdLibraryString_Description'],
  [0x12000005, 'locale', 'D', 'BcdLibraryString_PreferredLocale'],
  [0x14000006, 'inherit', 'D', 'BcdLibraryObjectList_InheritedObjects'],
  [0x15000007, 'truncatememory', 'D', 'BcdLibraryInteger_TruncatePhysicalMemory'],
  [0x14000008, 'recoverysequence', 'D', 'BcdLibraryObjectList_RecoverySequence'],
  [0x16000009, 'recoveryenabled', 'D', 'BcdLibraryBoolean_AutoRecoveryEnabled'],
  [0x1700000a, 'badmemorylist', 'D', 'BcdLibraryIntegerList_BadMemoryList'],
  [0x1600000b, 'badmemoryaccess', 'D', 'BcdLibraryBoolean_AllowBadMemoryAccess'],
  [0x1500000c, 'firstmegabytepolicy', 'D', 'BcdLibraryInteger_FirstMegabytePolicy'],
  [0x1500000d, 'relocatephysical', 'K', 'BcdLibraryInteger_RelocatePhysicalMemory'],
  [0x1500000e, 'avoidlowmemory', 'K', 'BcdLibraryInteger_AvoidLowPhysicalMemory'],
  [0x1600000f, 'traditionalksegmappings', 'K', 'BcdLibraryBoolean_TraditionalKsegMappings'],
  [0x16000010, 'bootdebug', 'D', 'BcdLibraryBoolean_DebuggerEnabled'],
  [0x15000011, 'debugtype', 'D', 'BcdLibraryInteger_DebuggerType'],
  [0x15000012, 'debugaddress', 'D', 'BcdLibraryInteger_SerialDebuggerPortAddress'],
  [0x15000013, 'debugport', 'D', 'BcdLibraryInteger_SerialDebuggerPort'],
  [0x15000014, 'baudrate', 'D', 'BcdLibraryInteger_SerialDebuggerBaudRate'],
  [0x15000015, 'channel', 'D', 'BcdLibraryInteger_1394DebuggerChannel'],
  [0x12000016, 'targetname', 'D', 'BcdLibraryString_UsbDebuggerTargetName'],
  [0x16000017, 'noumex', 'D', 'BcdLibraryBoolean_DebuggerIgnoreUsermodeExceptions'],
  [0x15000018, 'debugstart', 'D', 'BcdLibraryInteger_DebuggerStartPolicy'],
  [0x12000019, 'busparams', 'K', 'BcdLibraryString_DebuggerBusParameters'],
  [0x1500001a, 'hostip', 'K', 'BcdLibraryInteger_DebuggerNetHostIP'],
  [0x1500001b, 'port', 'K', 'BcdLibraryInteger_DebuggerNetPort'],
  [0x1600001c, 'dhcp', 'K', 'BcdLibraryBoolean_DebuggerNetDhcp'],
  [0x1200001d, 'key', 'K', 'BcdLibraryString_DebuggerNetKey'],
  [0x1600001e, 'vm', 'K', 'BcdLibraryBoolean_DebuggerNetVM'],
  [0x1200001f, '', '-', 'BcdLibraryString_DebuggerNetHostIpv6'],
  [0x16000020, 'bootems', 'D', 'BcdLibraryBoolean_EmsEnabled'],
  [0x15000022, 'emsport', 'D', 'BcdLibraryInteger_EmsPort'],
  [0x15000023, 'emsbaudrate', 'D', 'BcdLibraryInteger_EmsBaudRate'],
  [0x12000030, 'loadoptions', 'D', 'BcdLibraryString_LoadOptionsString'],
  [0x16000031, '', '-', 'BcdLibraryBoolean_AttemptNonBcdStart'],
  [0x16000040, 'advancedoptions', 'D', 'BcdLibraryBoolean_DisplayAdvancedOptions'],
  [0x16000041, 'optionsedit', 'D', 'BcdLibraryBoolean_DisplayOptionsEdit'],
  [0x15000042, 'keyringaddress', 'D', 'BcdLibraryInteger_FVEKeyRingAddress'],
  [0x11000043, '', '-', 'BcdLibraryDevice_BsdLogDevice'],
  [0x12000044, '', '-', 'BcdLibraryString_BsdLogPath'],
  [0x16000045, 'preservebootstat', 'K', 'BcdLibraryBoolean_BsdPreserveLog'],
  [0x16000046, 'graphicsmodedisabled', 'D', 'BcdLibraryBoolean_GraphicsModeDisabled'],
  [0x15000047, 'configaccesspolicy', 'D', 'BcdLibraryInteger_ConfigAccessPolicy'],
  [0x16000048, 'nointegritychecks', 'D', 'BcdLibraryBoolean_DisableIntegrityChecks'],
  [0x16000049, 'testsigning', 'D', 'BcdLibraryBoolean_AllowPrereleaseSignatures'],
  [0x1200004a, 'fontpath', 'K', 'BcdLibraryString_FontPath'],
  [0x1500004b, 'integrityservices', 'K', 'BcdLibraryInteger_SiPolicy'],
  [0x1500004c, 'volumebandid', 'K', 'BcdLibraryInteger_FveBandId'],
  [0x16000050, 'extendedinput', 'D', 'BcdLibraryBoolean_ConsoleExtendedInput'],
  [0x15000051, 'initialconsoleinput', 'D', 'BcdLibraryInteger_InitialConsoleInput'],
  [0x15000052, 'graphicsresolution', 'K', 'BcdLibraryInteger_GraphicsResolution'],
  [0x16000053, 'restartonfailure', 'K', 'BcdLibraryBoolean_RestartOnFailure'],
  [0x16000054, 'highestmode', 'K', 'BcdLibraryBoolean_GraphicsForceHighestMode'],
  [0x16000060, 'isolatedcontext', 'K', 'BcdLibraryBoolean_IsolatedExecutionContext'],
  [0x15000065, 'displaymessage', 'K', 'BcdLibraryInteger_BootUxDisplayMessage'],
  [0x15000066, 'displaymessageoverride', 'K', 'BcdLibraryInteger_BootUxDisplayMessageOverride'],
  [0x16000067, '', '-', 'BcdLibraryBoolean_BootUxLogoDisable'],
  [0x16000068, 'nobootuxtext', 'K', 'BcdLibraryBoolean_BootUxTextDisable'],
  [0x16000069, 'nobootuxprogress', 'K', 'BcdLibraryBoolean_BootUxProgressDisable'],
  [0x1600006a, 'nobootuxfade', 'K', 'BcdLibraryBoolean_BootUxFadeDisable'],
  [0x1600006b, '', '-', 'BcdLibraryBoolean_BootUxReservePoolDebug'],
  [0x1600006c, 'bootuxdisabled', 'K', 'BcdLibraryBoolean_BootUxDisable'],
  [0x1500006d, '', '-', 'BcdLibraryInteger_BootUxFadeFrames'],
  [0x1600006e, '', '-', 'BcdLibraryBoolean_BootUxDumpStats'],
  [0x1600006f, '', '-', 'BcdLibraryBoolean_BootUxShowStats'],
  [0x16000071, '', '-', 'BcdLibraryBoolean_MultiBootSystem'],
  [0x16000072, 'nokeyboard', 'K', 'BcdLibraryBoolean_ForceNoKeyboard'],
  [0x15000073, '', '-', 'BcdLibraryInteger_AliasWindowsKey'],
  [0x16000074, 'bootshutdowndisabled', 'K', 'BcdLibraryBoolean_BootShutdownDisabled'],
  [0x15000075, '', '-', 'BcdLibraryInteger_PerformanceFrequency'],
  [0x15000076, 'securebootrawpolicy', 'M', 'BcdLibraryInteger_SecurebootRawPolicy'],
  [0x15000077, '', '-', 'BcdLibraryIntegerList_AllowedInMemorySettings'],
  [0x17000077, 'allowedinmemorysettings', 'K', 'BcdLibraryIntegerList_AllowedInMemorySettings'],
  [0x15000079, 'bootuxttransitiontime', 'M', 'BcdLibraryInteger_BootUxBitmapTransitionTime'],
  [0x1600007a, 'mobilegraphics', 'M', 'BcdLibraryBoolean_TwoBootImages'],
  [0x1600007b, 'forcefipscrypto', 'K', 'BcdLibraryBoolean_ForceFipsCrypto'],
  [0x1500007d, 'booterrorux', 'K', 'BcdLibraryInteger_BootErrorUx'],
  [0x1600007e, 'flightsigning', 'K', 'BcdLibraryBoolean_AllowFlightSignatures'],
  [0x1500007f, 'measuredbootlogformat', 'K', 'BcdLibraryInteger_BootMeasurementLogFormat'],
  [0x15000080, '', '-', 'BcdLibraryInteger_DisplayRotation'],
  [0x15000081, '', '-', 'BcdLibraryInteger_LogControl'],
  [0x16000082, '', '-', 'BcdLibraryBoolean_NoFirmwareSync'],
  [0x11000084, '', '-', 'BcdLibraryDevice_WindowsSystemDevice'],
  [0x16000087, '', '-', 'BcdLibraryBoolean_NumLockOn'],
  [0x12000088, '', '-', 'BcdLibraryString_AdditionalCiPolicy'],
  [0x15000088, 'linearaddress57', 'L', 'BcdLibraryInteger_LinearAddress57'],
];

/** Class 2 in boot managers. */
// biome-ignore format: a table
export const BOOT_MANAGER_ELEMENTS: readonly ElementRow[] = [
  [0x24000001, 'displayorder', 'D', 'BcdBootMgrObjectList_DisplayOrder'],
  [0x24000002, 'bootsequence', 'D', 'BcdBootMgrObjectList_BootSequence'],
  [0x23000003, 'default', 'D', 'BcdBootMgrObject_DefaultObject'],
  [0x25000004, 'timeout', 'D', 'BcdBootMgrInteger_Timeout'],
  [0x26000005, 'resume', 'D', 'BcdBootMgrBoolean_AttemptResume'],
  [0x23000006, 'resumeobject', 'D', 'BcdBootMgrObject_ResumeObject'],
  [0x24000007, '', '-', 'BcdBootMgrObjectList_StartupSequence'],
  [0x24000010, 'toolsdisplayorder', 'D', 'BcdBootMgrObjectList_ToolsDisplayOrder'],
  [0x26000020, 'displaybootmenu', 'D', 'BcdBootMgrBoolean_DisplayBootMenu'],
  [0x26000021, 'noerrordisplay', 'D', 'BcdBootMgrBoolean_NoErrorDisplay'],
  [0x21000022, 'bcddevice', 'D', 'BcdBootMgrDevice_BcdDevice'],
  [0x22000023, 'bcdfilepath', 'D', 'BcdBootMgrString_BcdFilePath'],
  [0x26000024, '', '-', 'BcdBootMgrBoolean_HormEnabled'],
  [0x26000025, '', '-', 'BcdBootMgrBoolean_HiberRoot'],
  [0x22000026, '', '-', 'BcdBootMgrString_PasswordOverride'],
  [0x22000027, '', '-', 'BcdBootMgrString_PinpassPhraseOverride'],
  [0x26000028, 'processcustomactionsfirst', 'K', 'BcdBootMgrBoolean_ProcessCustomActionsFirst'],
  [0x27000030, 'customactions', 'D', 'BcdBootMgrIntegerList_CustomActionsList'],
  [0x26000031, 'persistbootsequence', 'K', 'BcdBootMgrBoolean_PersistBootSequence'],
  [0x26000032, 'skipstartupsequence', 'K', 'BcdBootMgrBoolean_SkipStartupSequence'],
];

/** Class 2 in resume loaders; the header that numbers come from has no rows for them. */
// biome-ignore format: a table
export const RESUME_ELEMENTS: readonly ElementRow[] = [
  [0x21000001, 'filedevice', 'D', ''],
  [0x22000002, 'filepath', 'D', ''],
  [0x26000003, 'customsettings', 'D', ''],
  [0x26000004, 'pae', 'D', ''],
  [0x21000005, 'associatedosdevice', 'D', ''],
  [0x26000006, 'debugoptionenabled', 'D', ''],
  [0x25000008, 'bootmenupolicy', 'M', ''],
];

/** Class 2 in the memory tester. */
// biome-ignore format: a table
export const MEMORY_TESTER_ELEMENTS: readonly ElementRow[] = [
  [0x25000001, 'passcount', 'D', ''],
  [0x25000002, 'testmix', 'D', ''],
  [0x25000003, 'failurecount', 'D', ''],
];

/** Class 3: in device options. */
// biome-ignore format: a table
export const DEVICE_ELEMENTS: readonly ElementRow[] = [
  [0x35000001, 'ramdiskimageoffset', 'D', ''],
  [0x35000002, 'ramdisktftpclientport', 'D', ''],
  [0x31000003, 'ramdisksdidevice', 'D', ''],
  [0x32000004, 'ramdisksdipath', 'D', ''],
  [0x35000005, 'ramdiskimagelength', 'D', ''],
  [0x36000006, 'exportascd', 'D', ''],
  [0x35000007, 'ramdisktftpblocksize', 'D', ''],
];

/** Class 4: in setup templates, and recoveryos in recovery loaders. */
// biome-ignore format: a table
export const TEMPLATE_ELEMENTS: readonly ElementRow[] = [
  [0x45000001, 'devicetype', 'D', 'BcdSetupInteger_DeviceType'],
  [0x42000002, 'apprelativepath', 'D', 'BcdSetupString_ApplicationRelativePath'],
  [0x42000003, 'ramdiskdevicerelativepath', 'D', 'BcdSetupString_RamdiskDeviceRelativePath'],
  [0x46000004, 'omitosloaderelements', 'D', 'BcdSetupBoolean_OmitOsLoaderElements'],
  [0x47000006, '', '-', 'BcdSetupIntegerList_ElementsToMigrateList'],
  [0x46000010, 'recoveryos', 'D', 'BcdSetupBoolean_RecoveryOs'],
];

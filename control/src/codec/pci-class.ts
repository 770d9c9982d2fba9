// Names of PCI classes: those that servers have, by base class and subclass.

/** @source PCI Code and ID Assignment Specification 1.15, chapter 1 */
const SUBCLASSES: Readonly<Record<string, string>> = {
  '0100': 'SCSI controller',
  '0101': 'IDE controller',
  '0104': 'RAID controller',
  '0106': 'SATA controller',
  '0107': 'SAS controller',
  '0108': 'NVMe controller',
  '0200': 'Ethernet controller',
  '0207': 'InfiniBand controller',
  '0208': 'Fabric controller',
  '0300': 'VGA controller',
  '0302': '3D controller',
  '0401': 'Audio device',
  '0403': 'HD audio device',
  '0500': 'RAM',
  '0502': 'CXL memory',
  '0600': 'Host bridge',
  '0601': 'ISA bridge',
  '0604': 'PCI bridge',
  '0609': 'PCI bridge',
  '0700': 'Serial port',
  '0800': 'Interrupt controller',
  '0801': 'DMA controller',
  '0806': 'IOMMU',
  '0c00': 'FireWire controller',
  '0c03': 'USB controller',
  '0c04': 'Fibre Channel controller',
  '0c05': 'SMBus',
  '0c07': 'IPMI interface',
}

const BASE_CLASSES: Readonly<Record<string, string>> = {
  '01': 'Storage controller',
  '02': 'Network controller',
  '03': 'Display controller',
  '04': 'Multimedia device',
  '05': 'Memory controller',
  '06': 'Bridge',
  '07': 'Communication controller',
  '08': 'System peripheral',
  '09': 'Input device',
  '0a': 'Docking station',
  '0b': 'Processor',
  '0c': 'Serial bus controller',
  '0d': 'Wireless controller',
  '0e': 'Intelligent controller',
  '0f': 'Satellite controller',
  '10': 'Encryption controller',
  '11': 'Signal processing controller',
  '12': 'Processing accelerator',
  '13': 'Non-essential instrumentation',
  '40': 'Coprocessor',
}

/** In words, for a class of six hexadecimal digits in lower case. */
export function nameOfPciClass(code: string | null): string {
  if (code === null) return 'Unknown device'
  return SUBCLASSES[code.slice(0, 4)] ?? BASE_CLASSES[code.slice(0, 2)] ?? 'Unknown device'
}

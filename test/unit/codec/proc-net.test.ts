// The host’s own addresses out of captured files of /proc/net.
import { describe, expect, it } from 'vitest'
import { parseLocalIpv4, parseLocalIpv6, renderIpv6 } from '../../../control/src/codec/proc-net.ts'

const FIB_TRIE = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/8 2 0 2
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
        |-- 127.255.255.255
           /32 link BROADCAST
     +-- 192.0.2.0/24 2 0 2
        +-- 192.0.2.0/30 2 0 2
           |-- 192.0.2.0
              /24 link UNICAST
           |-- 192.0.2.2
              /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
     |-- 10.213.0.1
        /32 host LOCAL
Local:
  +-- 0.0.0.0/0 3 0 5
        |-- 192.0.2.2
           /32 host LOCAL
`
const HEADING = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n'
const ROUTES = `${HEADING}eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\ncorbel-nat0\t0000D50A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n`

describe('IPv4 addresses of the host', () => {
  it('are named once, with the adapter whose subnet they are in, without loopback', () => {
    expect(parseLocalIpv4(FIB_TRIE, ROUTES)).toEqual([
      { adapter: 'eth0', address: '192.0.2.2', family: 4, linkLocal: false, advertised: false },
      { adapter: 'corbel-nat0', address: '10.213.0.1', family: 4, linkLocal: false, advertised: false },
    ])
  })

  it('without a route belong to nothing', () => {
    expect(parseLocalIpv4(FIB_TRIE, HEADING)).toEqual([])
  })
})

describe('IPv6 addresses of the host', () => {
  it('come with their scope and whether a router’s advertisement made them, without loopback', () => {
    const text = `fe8000000000000000fc00fffe000001 04 40 20 80     eth0
00000000000000000000000000000001 01 80 10 80       lo
fd000000000000000000000000000002 04 40 00 82     eth0
fd000000000000000000000000000003 04 40 00 00     eth0
`
    expect(parseLocalIpv6(text)).toEqual([
      { adapter: 'eth0', address: 'fe80::fc:ff:fe00:1', family: 6, linkLocal: true, advertised: false },
      { adapter: 'eth0', address: 'fd00::2', family: 6, linkLocal: false, advertised: false },
      { adapter: 'eth0', address: 'fd00::3', family: 6, linkLocal: false, advertised: true },
    ])
  })

  it.each([
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['20010db8000000000000000000000000', '2001:db8::'],
    ['20010db8000000010000000000000001', '2001:db8:0:1::1'],
    ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['20010db8001000100000000000100001', '2001:db8:10:10::10:1'],
    ['20010db8000100020003000400050006', '2001:db8:1:2:3:4:5:6'],
  ])('%s is written %s', (digits, text) => {
    expect(renderIpv6(digits)).toBe(text)
  })
})

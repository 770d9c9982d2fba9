// Heads of frames are checked field by field, since what wrote them may have been taken over.
import { describe, expect, it } from 'vitest'
import {
  parseRequestHead,
  parseResponseHead,
  type RequestHead,
  renderRequestHead,
  renderResponseHead,
} from '../../../control/src/codec/frame-head.ts'

const request: RequestHead = {
  method: 'GET',
  path: '/v1/vms',
  query: 'limit=1',
  headers: { authorization: 'Bearer x', 'last-event-id': '7' },
  remote: '10.0.2.2:50000',
}

describe('request heads', () => {
  it('survive rendering and parsing', () => {
    expect(parseRequestHead(renderRequestHead(request))).toEqual(request)
    const upload: RequestHead = { ...request, bodyBytes: 2 ** 40 }
    expect(parseRequestHead(renderRequestHead(upload))).toEqual(upload)
    const withCertificate: RequestHead = { ...request, certificate: '0123456789abcdef'.repeat(4) }
    expect(parseRequestHead(renderRequestHead(withCertificate))).toEqual(withCertificate)
    const upgrade: RequestHead = { ...request, upgrade: 'websocket' }
    expect(parseRequestHead(renderRequestHead(upgrade))).toEqual(upgrade)
  })

  it.each<[string, unknown]>([
    ['no object', [1]],
    ['null', null],
    ['a missing field', { ...request, remote: undefined }],
    ['an unknown field', { ...request, user: 'root' }],
    ['a method in lower case', { ...request, method: 'get' }],
    ['an empty method', { ...request, method: '' }],
    ['a relative path', { ...request, path: 'v1' }],
    ['a path that is too long', { ...request, path: `/${'a'.repeat(4096)}` }],
    ['a number as query', { ...request, query: 1 }],
    ['a header that is not on the list', { ...request, headers: { cookie: 'a' } }],
    ['a header name in upper case', { ...request, headers: { Accept: 'a' } }],
    ['a header value that is a list', { ...request, headers: { accept: ['a'] } }],
    ['a line break in a header value', { ...request, headers: { accept: 'a\r\nb' } }],
    ['headers as a list', { ...request, headers: [] }],
    ['a body of no bytes that is to come', { ...request, bodyBytes: 0 }],
    ['a part of a byte to come', { ...request, bodyBytes: 1.5 }],
    ['a body longer than can be counted', { ...request, bodyBytes: 2 ** 53 }],
    ['a fingerprint in upper case', { ...request, certificate: 'A'.repeat(64) }],
    ['half a fingerprint', { ...request, certificate: 'a'.repeat(32) }],
    ['a list as fingerprint', { ...request, certificate: ['a'.repeat(64)] }],
    ['another upgrade', { ...request, upgrade: 'h2c' }],
  ])('are refused with %s', (_name, head) => {
    expect(parseRequestHead(JSON.stringify(head))).toBeNull()
  })

  it('are refused when they are no JSON', () => {
    expect(parseRequestHead('{"method":')).toBeNull()
  })
})

describe('response heads', () => {
  it('survive rendering and parsing', () => {
    const head = { status: 201, headers: { location: '/v1/vms/1', etag: '"1"' } }
    expect(parseResponseHead(renderResponseHead(head))).toEqual(head)
  })

  it.each<[string, unknown]>([
    ['a status below 100', { status: 99, headers: {} }],
    ['a status above 599', { status: 600, headers: {} }],
    ['a fraction as status', { status: 200.5, headers: {} }],
    ['a line break in a header value', { status: 200, headers: { a: 'b\nc' } }],
    ['a space in a header name', { status: 200, headers: { 'a b': 'c' } }],
    ['an unknown field', { status: 200, headers: {}, reason: 'OK' }],
  ])('are refused with %s', (_name, head) => {
    expect(parseResponseHead(JSON.stringify(head))).toBeNull()
  })
})

// The resources of the ETSI descriptions, served by the npm package `coap` for Linnet's client:
// node server.js HOST PORT
'use strict'
const coap = require('coap')
const crypto = require('crypto')

const [host, port] = process.argv.slice(2)
const slowly = 600 // ms; far past the 50 ms within which node-coap piggybacks

const stored = new Map([
  ['/test', 'the test resource'],
  ['/validate', 'the first value'],
  ['/large-update', 'nothing large yet']
])
const lines = (count) => Array.from({ length: count }, (_, number) => `line ${number} of many\n`).join('')

const fixed = {
  '/': 'node-coap',
  '/seg1/seg2/seg3': 'three segments'
}

// Of letters only: node-coap reads the ETags of requests as UTF-8 and so loses others, though by RFC 7252 5.10.6 an
// endpoint that receives one "MUST treat it as opaque".
function etag (value) {
  return Buffer.from(crypto.createHash('sha256').update(value).digest('hex').slice(0, 8))
}

function options (request, name) {
  return request.options.filter((option) => String(option.name) === name).map((option) => Buffer.from(option.value))
}

function reply (response, code, text = '', format = 'text/plain') {
  response.code = code
  if (text) response.setOption('Content-Format', format)
  response.end(text)
}

function multiFormat (request, response) {
  const accept = request.headers.Accept
  if (accept === undefined || accept === 'text/plain') return reply(response, '2.05', 'plain words')
  if (accept === 'application/xml') return reply(response, '2.05', '<words>marked up</words>', accept)
  reply(response, '4.06')
}

function preconditionFails (request, path) {
  const value = stored.get(path)
  const wanted = options(request, 'If-Match')
  if (options(request, 'If-None-Match').length && value !== undefined) return true
  const isMet = (one) => value !== undefined && (one.length === 0 || one.equals(etag(value)))
  return wanted.length > 0 && !wanted.some(isMet)
}

function get (request, response, path) {
  const value = stored.get(path)
  if (value === undefined) return reply(response, '4.04')
  response.setOption('ETag', etag(value))
  if (options(request, 'ETag').some((one) => one.equals(etag(value)))) return reply(response, '2.03')
  reply(response, '2.05', value)
}

// Observable: they count the seconds, and the notifications are of the type of the request.
const observable = ['/obs', '/obs-non', '/time']
const observers = new Map() // of responses to paths
let seconds = 0

function observe (response, path) {
  response.setOption('Content-Format', 'text/plain')
  response.write(`change ${seconds}\n`)
  observers.set(response, path)
  response.on('finish', () => observers.delete(response))
}

function tell (text, which) {
  for (const [response, path] of observers) if (!which || path === which) response.write(text)
}

setInterval(() => tell(`change ${++seconds}\n`), 1000)

const methods = {
  '0.01': get,
  '0.02': (request, response, path) => {
    if (path === '/large-post') return reply(response, '2.04', lines(120))
    if (path === '/large-create') {
      stored.set('/large-create/1', request.payload.toString())
      response.setOption('Location-Path', ['large-create', '1'].map(Buffer.from))
    }
    if (path === '/test') response.setOption('Location-Path', ['location1', 'location2', 'location3'].map(Buffer.from))
    reply(response, '2.01')
  },
  '0.03': (request, response, path) => {
    if (preconditionFails(request, path)) return reply(response, '4.12')
    const created = !stored.has(path) && !observable.includes(path)
    stored.set(path, request.payload.toString())
    tell(request.payload.toString(), path)
    reply(response, created ? '2.01' : '2.04')
  },
  '0.04': (request, response, path) => {
    stored.delete(path)
    reply(response, '2.02')
  },
  '0.05': (request, response, path) => reply(response, '2.05', `fetched with ${request.payload}`),
  '0.06': (request, response, path) => reply(response, '2.04', `patched with ${request.payload}`),
  '0.07': (request, response, path) => reply(response, '2.04', `patched with ${request.payload}`)
}

function serve (request, response) {
  const [path, query] = request.url.split('?')
  if (observable.includes(path) && request.code === '0.01') {
    return request.headers.Observe === 0 ? observe(response, path) : reply(response, '2.05', `change ${seconds}\n`)
  }
  if (path === '/separate') return setTimeout(() => reply(response, '2.05', 'it took a while'), slowly)
  if (path === '/query') return reply(response, '2.05', `you asked: ${query}`)
  if (path === '/multi-format') return multiFormat(request, response)
  if (path === '/large') return reply(response, '2.05', 'x'.repeat(1000))
  if (path === '/large-lines') return reply(response, '2.05', lines(150))
  if (path === '/reset') return response.reset()
  if (path === '/location-query') {
    response.setOption('Location-Query', ['first=1', 'second=2'].map(Buffer.from))
    return reply(response, '2.01')
  }
  if (path in fixed) return reply(response, '2.05', fixed[path])
  const method = methods[request.code]
  if (!method) return reply(response, '4.05')
  method(request, response, path)
}

const server = coap.createServer({ type: host.includes(':') ? 'udp6' : 'udp4' })
server.on('request', serve)
server.listen(Number(port), host, () => console.log(`listening on coap://${host}:${port}`))

// One request by the npm package `coap`; what came back is printed as JSON:
// node client.js '{"method": "GET", "uri": "coap://...", "confirmable": true, "payload": "...",
//                  "token": "hex", "options": [[number, "hex"], ...]}'
'use strict'
const coap = require('coap')

const asked = JSON.parse(process.argv[2])
const uri = new URL(asked.uri)

const request = coap.request({
  hostname: uri.hostname.replace(/^\[|\]$/g, ''),
  port: Number(uri.port),
  pathname: uri.pathname,
  query: uri.search.slice(1),
  method: asked.method,
  confirmable: asked.confirmable,
  token: asked.token && Buffer.from(asked.token, 'hex')
})

const byNumber = new Map()
for (const [number, hex] of asked.options || []) {
  byNumber.set(number, [...(byNumber.get(number) || []), Buffer.from(hex, 'hex')])
}
const byName = { 23: 'Block2', 27: 'Block1' } // so that node-coap counts up this option and adds no second one
for (const [number, values] of byNumber) {
  request.setOption(byName[number] || String(number), byName[number] ? values[0] : values)
}

request.on('response', (response) => {
  const options = response.options.map(({ name, value }) => [String(name), value.toString('hex')])
  console.log(JSON.stringify({ code: response.code, payload: response.payload.toString(), options }))
})
request.on('error', (error) => {
  console.log(JSON.stringify({ error: error.message }))
  process.exitCode = 1
})
request.end(asked.payload || '')

// A large body by the npm package `coap`, in blocks of 2 ** (SZX + 4) octets; what came back is printed as JSON:
// node upload.js METHOD coap://... FILE SZX
'use strict'
const coap = require('coap')
const fs = require('fs')

const [method, address, file, szx] = process.argv.slice(2)
const uri = new URL(address)

const request = coap.request({ hostname: uri.hostname, port: Number(uri.port), pathname: uri.pathname, method })
request.setOption('Block1', Buffer.from([Number(szx)]))
request.on('response', (response) => {
  const location = response.options.filter(({ name }) => name === 'Location-Path').map(({ value }) => String(value))
  const parts = []
  response.on('data', (part) => parts.push(part))
  response.on('end', () => {
    console.log(JSON.stringify({ code: response.code, location, payload: Buffer.concat(parts).toString() }))
  })
})
request.on('error', (error) => {
  console.log(JSON.stringify({ error: error.message }))
  process.exitCode = 1
})
request.end(fs.readFileSync(file))

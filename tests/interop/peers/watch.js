// Observes a resource by the npm package `coap` and prints each notification on lines of its own:
// node watch.js '{"uri": "coap://...", "confirmable": true, "count": 2, "accept": 0, "port": 40000}'
// After `count` notifications it deregisters with Observe 1 and ends.
'use strict'
const coap = require('coap')

const asked = JSON.parse(process.argv[2])
const uri = new URL(asked.uri)

function observe (agent) {
  const request = coap.request({
    hostname: uri.hostname.replace(/^\[|\]$/g, ''),
    port: Number(uri.port),
    pathname: uri.pathname,
    query: uri.search.slice(1),
    confirmable: asked.confirmable,
    observe: true,
    agent
  })
  if (asked.accept !== null) request.setOption('17', asked.accept ? Buffer.from([asked.accept]) : Buffer.alloc(0))
  request.on('response', (response) => {
    let seen = 0
    response.on('data', (payload) => {
      console.log(`${response.code} ${payload}`)
      if (++seen === asked.count) {
        response.close(true)
        setTimeout(() => process.exit(0), 500) // so that the farewell can leave
      }
    })
  })
  request.on('error', (error) => {
    console.log(error.message)
    process.exitCode = 1
  })
  request.end()
}

observe(new coap.Agent({ type: 'udp4', port: asked.port || undefined }))

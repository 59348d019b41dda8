// A minimal server with the npm package `coap`, to measure it: node node_server.js PORT
'use strict'
const coap = require('coap')

let data = 'node-coap'
const server = coap.createServer({ type: 'udp4' })
server.on('request', (request, response) => {
  if (request.method === 'PUT') {
    data = request.payload
    response.code = '2.04'
    return response.end()
  }
  response.end(request.url === '/time' ? 'Jan 01 00:00:00' : data)
})
server.listen(Number(process.argv[2]), '127.0.0.1')

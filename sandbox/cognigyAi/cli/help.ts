import { describeKinds } from '../faults/fault';
import { shapes, showcaseTexts } from '../flows';

export const HELP_TEXT = `Starts a stand-in for Cognigy.AI on this machine: the management API and the Endpoint service.

Usage: npm run sandbox -- --platform cognigy-ai [options]

Options
  --port <number>            Port of the management API; 0 takes any free one. Default: 4010
  --endpoint-port <number>   Port of the Endpoint service; 0 takes any free one. Default: 4011
  --host <address>           Address to listen on. Default: 127.0.0.1
  --tls                      HTTPS, with a certificate for localhost, 127.0.0.1 and ::1
  --tls-dir <folder>         HTTPS, and where its certificate is kept. Default: .cache/sandbox-tls
  --http <version>           With HTTPS: both, 1.1 or 2. Default: both
  --max-streams <number>     How many requests a connection of HTTP/2 may carry at once. Default: 100
  --latency <ms>             Hold every answer over HTTP back for so long. Default: 0
  --requests-per-5-minutes <number>
                             Answer 429 past so many calls of an address to the management API; 0: no limit. Default: 1000
  --retry-after <form>       Retry-After of a 429: seconds, http-date or none. Default: seconds
  --transcript-delay <ms>    How long it takes until what was said is in the transcript. Default: 0
  --output-delay <ms>        How long a flow takes for each output. Default: 0
  --slow <ms>                How long what is slow, or comes later, takes. Default: 2000
  --fillers <number>         So many more snapshots and endpoints, for lists with several pages. Default: 0
  --snapshot-limit <number>  How many snapshots a project may have. Default: 10
  --download-origin <where>  Where the link to a package points to: api, or other (the Endpoint service). Default: api
  --webhook-url <url>        Where the Webhook endpoints post to; on this machine only. Default: nowhere
  --unknown-token <answer>   What a token gets that no endpoint has: notFound (404) or empty (400). Default: notFound
  --endpoint-errors <form>   Errors of endpoints: JSON with error, message or detail; text or html. Default: error
  --socket-refusal <how>     What a socket with a bad token gets: exception, error, output (an error), disconnect or
                             silence. Default: exception
  --socket-protocol <name>   Clients that Socket.IO takes: both; v2: it is an old server; v4: no old clients. Default: both
  --no-event-buffer          No acknowledgements, nothing is kept for the next connection
  --no-endpoint-ready        Never say that an endpoint is ready, as servers before 4.79
  --quiet                    Do not log
  -h, --help                 Show this text

Flows
  Order Status   knows A-1001 to A-1004, in the text or in data.orderId or data.metadata.orderId
  Echo           says and sends back what it got
  Showcase       ${wrap(showcaseTexts.join(', '), 15)}
                 shapes names ${Object.keys(shapes).length} further texts, one for each shape that outputs are known to have:
                 choices, cards, media, plugins, HTML, other channels, answers that are streamed in pieces

Management API (header X-API-Key), under /new/v2.0 and /v2.0
  GET   /users/me, /projects, /flows, /snapshots, /endpoints, and each of them with /<id>
  POST  /snapshots; DELETE /snapshots/<id>        {"projectId", "name", "description"}: a task; the key "member" may not
  GET   /snapshots/<id>/resources                 ?resourceType=flow or locale
  GET   /tasks/<id>                               a step further with each call to the API
  POST  /packages, /packages/<id>/downloadlink    {"projectId", "name", "resourceIds"}: a task; a link that works once
  PATCH /endpoints/<id>                           {"entrypoint", "flowId", "settings", "active", "name"}
  POST  /endpoints/<id>/apikeys                   {"name"}: a key for X-Webhook-Key
  POST  /sessions/<id>/context/reset, inject      and /state/reset, inject
  GET   /profiles, /profiles/<id>                 of contacts
  POST  /profiles                                 {"projectId", "profile", "contactIds", "active"}
  PATCH, DELETE /profiles/<id>                    DELETE takes what was said with the contacts along; the keys "viewer" and
                                                  "editor" may only read, and not delete
  GET   /conversations, /conversations/<session id>
                                                  a list, and the transcript of one; the key "member" may not read them
  POST  /endpoint/inject, notify                  (deprecated)

Endpoint service
  POST  /<token>, /test/<token>, /inject/<token>, /notify/<token>
  Socket.IO over WebSocket at /socket.io/

Look inside and take part (no key needed, on the port of the management API)
  BASE=http://127.0.0.1:4010
  curl $BASE/sandbox/endpoints                    the endpoints, with their URLs
  curl $BASE/sandbox/sessions                     the sessions: context, state, what was said and what became of it
  curl $BASE/sandbox/sessions/<session id>        one of them; with ?userId=
  curl -d '{"text":"Hello?"}' $BASE/sandbox/sessions/<session id>/messages
                                                  the bot says it, unasked
  curl -X PATCH -d '{"active":false}' "$BASE/sandbox/endpoints/Orders%20REST"
                                                  also "deployment", "webhookUrl", "basicAuthUser", "basicAuthPassword",
                                                  "conversations": what transcripts hold (stored, masked, off)
  curl -X PATCH -d '{"transformer":{"status":200,"body":["Hi"]}}' "$BASE/sandbox/endpoints/Orders%20REST"
                                                  what its output transformer makes of every answer; null: none
  curl -X PATCH -d '{"targetType":"agent"}' "$BASE/sandbox/endpoints/Showcase%20REST"
                                                  it runs an AI agent: say "agent error" to it
  curl -X PATCH -d '{"state":"expired"}' $BASE/sandbox/keys/demo
                                                  valid, expired or revoked
  curl -d '{"end":"error","failReason":"No."}' $BASE/sandbox/next-task
                                                  what becomes of the next task: "states" before its end; "end": done, error,
                                                  cancelled, never, disappears
  curl -X POST $BASE/sandbox/drop-sockets         cut all sockets
  curl $BASE/sandbox/stats                        calls, outputs, sockets and connections so far
  curl -X POST $BASE/sandbox/reset-stats          count from zero

Faults on request
  curl -d '{"operation":"message","kind":"htmlError","status":502}' $BASE/sandbox/faults
  curl -d '{"operation":"processInput","kind":"dropMidTurn","outputs":1}' $BASE/sandbox/faults
  curl -d '{"operation":"output","kind":"ackLost","match":{"sessionId":"s-1"}}' $BASE/sandbox/faults
  curl -d '{"operation":"message","kind":"answer","status":422,"body":{"message":"No"}}' $BASE/sandbox/faults
  curl -d '{"operation":"outcome","kind":"twice"}' $BASE/sandbox/faults
                                                how the next outcome is posted (flow Claims): never, late (field: ms),
                                                twice, badJson. What was posted: $BASE/sandbox/outcomes
  curl -X DELETE $BASE/sandbox/faults             forget the faults that have not happened yet

  operation  see below; any: all that can have a fault of this kind
  kind       what happens, with its own fields
  times      how often. Default: 1
  after      how many matching calls are left alone first. Default: 0
  match      only with this endpoint (its name), userId, sessionId, key (its name) or reusedConnection (true, false)

Operations and their kinds of faults
${describeKinds()
	.map((line) => `  ${wrap(line, 15)}`)
	.join('\n')}
`;

/** Breaks a long line at commas; the lines after the first are indented. */
function wrap(text: string, indent: number): string {
	const lines = [''];
	for (const word of text.split(/(?<=,) /)) {
		const line = lines.at(-1) ?? '';
		if (line.length + word.length > 100) lines.push(word);
		else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
	}
	return lines.join(`\n${' '.repeat(indent)}`);
}

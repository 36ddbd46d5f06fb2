import { streamed, type Shapes } from './shape';

/** AI agents that stream to the output. */
export const streams: Shapes = {
	'stream-fences': streamed('m-1', [
		...['Here is how:\n', '1. Unplug it.', ' Wait a minute.\n', '2. Plug it in.\n'],
		...['```\n', 'reset --now\n', '```\n', 'Anything', ' else?'],
	]),
	'stream-equal-chunks': streamed('m-2', ['2 plus ', '2', ' is ', '4, and ', '2', ' times ', '2', ' is ', '4.']),
	'stream-trimmed-lines': streamed('m-3', ['Your order is packed.', 'It leaves today.', 'Anything else?']),
	'stream-tool-call-first': [
		...streamed('a', [], 'tool_calls'),
		{ text: 'One moment.', data: { _cognigy: {} } },
		...streamed('b', ['Found it:\n', 'parcel 7.']),
	],
	'stream-table': streamed('m-4', [
		...['| Size | Left |\n', '| --- | --- |\n', '| M | 2 |\n', '| L | 2 |\n', '| M | 2 |\n', '\nWhich ', 'one?'],
	]),
	'stream-html': streamed('m-5', ['<p>Your tickets', ' are here:</p>', '<ul><li>Row 1', '</li><li>Row 2</li></ul>']),
	'stream-then-buttons': [
		...streamed('m-6', ['You can ', 'pay now.']),
		{
			text: '',
			data: {
				_cognigy: {
					_default: { _buttons: { type: 'buttons', text: 'How?', buttons: [{ type: 'postback', title: 'By card' }] } },
				},
			},
		},
	],
};

import type { ScriptedOutput } from './scriptedFlow';

/** Rich outputs as the web chats' message types describe them: `data._cognigy._default.<kind>`. */

const MEDIA = 'https://static.example.com';

const rich = (content: Record<string, unknown>): ScriptedOutput => ({
	data: { _cognigy: { _default: content } },
});

const postback = (id: number, title: string, payload: string) => ({ id, type: 'postback', title, payload });

export const quickReplies = rich({
	_quickReplies: {
		type: 'quick_replies',
		text: 'Which colour do you like?',
		quickReplies: [
			{ id: 1, contentType: 'postback', title: 'Red', payload: 'colour=red', imageUrl: '', imageAltText: '' },
			{ id: 2, contentType: 'postback', title: 'Blue', payload: 'colour=blue', imageUrl: '', imageAltText: '' },
		],
	},
});

export const buttons = rich({
	_buttons: {
		type: 'buttons',
		text: 'How do you want to go on?',
		buttons: [
			postback(1, 'Track my order', 'track'),
			{ id: 2, type: 'web_url', title: 'Open the shop', url: 'https://shop.example.com', target: '_blank' },
			{ id: 3, type: 'phone_number', title: 'Call us', payload: '+49 211 000000' },
		],
	},
});

export const gallery = rich({
	_gallery: {
		type: 'carousel',
		items: [
			{
				id: 1,
				title: 'Running shoe',
				subtitle: '89 EUR',
				imageUrl: `${MEDIA}/shoe.png`,
				imageAltText: 'A shoe',
				buttons: [postback(1, 'Buy the shoe', 'buy=shoe')],
			},
			{
				id: 2,
				title: 'Rain jacket',
				subtitle: '120 EUR',
				imageUrl: `${MEDIA}/jacket.png`,
				imageAltText: 'A jacket',
				buttons: null,
			},
		],
	},
});

export const list = rich({
	_list: {
		type: 'list',
		items: [
			{ title: 'Order A-1001', subtitle: 'Shipped', imageUrl: '', buttons: [], defaultActionUrl: '' },
			{
				title: 'Order A-1002',
				subtitle: 'Being packed',
				imageUrl: '',
				buttons: [postback(1, 'Cancel', 'cancel=A-1002')],
				defaultActionUrl: 'https://shop.example.com/orders/A-1002',
			},
		],
		button: { ...postback(9, 'All orders', 'orders'), condition: '' },
	},
});

export const adaptiveCard = rich({
	_adaptiveCard: {
		type: 'adaptiveCard',
		adaptiveCard: {
			type: 'AdaptiveCard',
			version: '1.5',
			body: [
				{ type: 'TextBlock', text: 'Your return is registered', weight: 'bolder' },
				{ type: 'FactSet', facts: [{ title: 'Number', value: 'R-77' }] },
			],
			actions: [{ type: 'Action.Submit', title: 'Print the label', data: { print: 'R-77' } }],
		},
	},
});

export const image = rich({
	_image: { type: 'image', imageUrl: `${MEDIA}/map.png`, imageAltText: 'Where we are' },
});

export const audio = rich({
	_audio: { type: 'audio', audioUrl: `${MEDIA}/greeting.mp3`, audioAltText: 'A greeting' },
});

export const video = rich({
	_video: { type: 'video', videoUrl: `${MEDIA}/tour.mp4`, videoAltText: 'A tour' },
});

/** As some REST answers have it: everything one level deeper, under `_data`. */
export const nested: ScriptedOutput = { data: { _data: quickReplies.data } };

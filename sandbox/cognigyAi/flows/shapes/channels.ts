import { cognigy, type Shapes } from './shape';

/** Sections in the forms of other channels. */
export const channels: Shapes = {
	'only-fallback': cognigy({
		_fallbackText: 'Please choose in the app',
		_line: { type: 'template', template: { type: 'confirm' } },
	}),
	'line-confirm': cognigy({
		_line: {
			type: 'template',
			altText: 'A question for you',
			template: {
				type: 'confirm',
				text: 'Book the table?',
				actions: [
					{ type: 'message', label: 'Book it', text: 'yes' },
					{ type: 'uri', label: 'The menu', uri: 'https://example.org/menu' },
				],
			},
		},
	}),
	'alexa-card': cognigy({
		_alexa: {
			response: {
				shouldEndSession: false,
				outputSpeech: { type: 'SSML', ssml: '<speak>Your tea is ready.</speak>' },
				card: {
					type: 'Standard',
					title: 'Tea',
					text: 'Ready since noon',
					image: { smallImageUrl: 'https://example.org/s.png', largeImageUrl: 'https://example.org/l.png' },
				},
			},
		},
	}),
	smooch: cognigy({
		_smooch: {
			role: 'appMaker',
			type: 'image',
			text: 'Look at this!',
			mediaUrl: 'https://example.org/look.jpg',
			actions: [{ text: 'Tell me more', type: 'link', uri: 'https://example.org/more' }],
		},
	}),
	'ringcentral-carousel': cognigy({
		_rcEngage: {
			command: 'structured-content',
			body: '',
			structuredContent: {
				type: 'carousel',
				items: [
					{
						attachment_id: '5f73',
						title: 'City bike',
						subtitle: 'with a basket',
						items: [
							{ type: 'url', url: 'https://example.org/bike', title: 'See it' },
							{ type: 'reply', payload: 'bike', title: 'Take this one' },
						],
					},
				],
			},
		},
	}),
	'voice-message': [
		{
			text: 'How can I help?',
			data: { _cognigy: { _audioCodes: { json: { activities: [{ type: 'message', text: 'How can I help?' }] } } } },
		},
	],
	'voice-play': cognigy({
		_audioCodes: {
			json: {
				activities: [
					{
						type: 'event',
						name: 'playUrl',
						activityParams: {
							playUrlUrl: 'https://example.org/hold.wav',
							playUrlMediaFormat: 'wav/lpcm16',
							playUrlAltText: 'Please hold the line',
						},
					},
				],
			},
		},
	}),
	'voice-prompt': cognigy({
		_spoken: {
			json: {
				activities: [
					{
						type: 'event',
						name: 'prompt',
						activityParams: {
							promptType: 'menu',
							menuText: 'Press 1 for sales',
							menu: { 1: 'sales' },
							numberOfDigits: '16',
						},
					},
				],
			},
		},
	}),
	'voice-control': [
		...cognigy({
			_voiceGateway2: {
				json: { verb: 'dial', actionHook: 'dial', callerId: '+4930', target: [{ type: 'phone', number: '+49301' }] },
			},
		}),
		...cognigy({
			_spoken: {
				json: { activities: [{ type: 'event', name: 'redirect', activityParams: { url: 'https://example.org' } }] },
			},
		}),
		{ text: 'I put you through.', data: {} },
	],
	'bandwidth-message': cognigy({
		_bandwidth: {
			activities: [{ id: '1', timestamp: '2026-01-31T12:00:00Z', type: 'message', text: 'Your code is 12' }],
		},
	}),
	'whatsapp-buttons': cognigy({
		_whatsapp: {
			type: 'interactive',
			interactive: {
				type: 'button',
				body: { text: 'Keep the booking?' },
				action: { buttons: [{ type: 'reply', reply: { id: 'k', title: 'Keep it' } }] },
			},
		},
	}),
	'agent-assist': [
		...cognigy({
			_agentAssist: { type: 'tile', payload: { html: '<b>For the agent only</b>', text: 'For the agent only' } },
		}),
		{ text: 'One second.', data: {} },
	],
	'root-fallback': [{ text: null, data: { fallbackText: 'Only as text', _cognigy: { _webchat: { message: {} } } } }],
};

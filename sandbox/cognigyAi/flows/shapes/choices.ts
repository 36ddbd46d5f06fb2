import { cognigy, forAll, forWebchat, only, template, type Shapes } from './shape';

/** Quick replies and buttons. */
export const choices: Shapes = {
	'webchat-quick-replies': forWebchat({
		text: 'How can we help?',
		quick_replies: [
			{ content_type: 'text', title: 'Track a parcel', payload: 'track' },
			{ content_type: 'user_phone_number', title: 'Call us', payload: '+4912345' },
		],
	}),
	'webchat-button-template': template({
		template_type: 'button',
		text: 'Your invoice',
		buttons: [
			{ type: 'web_url', title: 'Open', url: 'https://example.org/i/7' },
			{ type: 'postback', title: 'Later', payload: 'later' },
		],
	}),
	'default-message': [
		{
			text: null,
			data: {
				_cognigy: {
					_default: {
						message: {
							text: 'Shall I book it?',
							quick_replies: [{ content_type: 'text', title: 'Book', payload: 'b' }],
						},
					},
				},
			},
		},
	],
	'facebook-only': cognigy({
		_facebook: {
			message: {
				text: 'Pick a day',
				quick_replies: [{ content_type: 'text', condition: '', title: 'Monday', image_url: '', payload: 'mo' }],
			},
		},
	}),
	'default-wins': cognigy({
		_default: {
			_quickReplies: {
				type: 'quick_replies',
				text: 'Which size?',
				quickReplies: [{ title: 'Small', payload: 's', contentType: 'postback' }],
			},
		},
		_webchat: { message: { text: 'Which size? (web)', quick_replies: [] } },
	}),
	'webchat-over-facebook': cognigy({
		syncWebchatWithFacebook: false,
		_webchat: { message: { text: 'Here on the web' } },
		_facebook: { message: { text: 'There on Messenger' } },
	}),
	'empty-default': cognigy({ _default: {}, _webchat: { message: { text: 'Taken from the web chat' } } }),
	'x-app-button': forAll({
		_quickReplies: {
			type: 'quick_replies',
			text: 'Sign here',
			quickReplies: [{ title: 'Open form', contentType: 'openXApp', payload: 'https://example.org/xapp?s=1' }],
		},
	}),
	'x-app-template': template({
		template_type: 'button',
		text: 'Fill it in',
		buttons: [{ type: 'openXApp', title: 'To the form', payload: 'https://example.org/xapp?s=2' }],
	}),
	'phone-quick-reply': forAll({
		_quickReplies: {
			type: 'quick_replies',
			text: 'Talk to us',
			quickReplies: [{ title: 'Ring', contentType: 'phone_number', payload: '+49 30 1' }],
		},
	}),
	'say-with-quick-replies': [
		{
			text: 'Do you agree?',
			data: {
				_cognigy: {
					_default: {
						_quickReplies: {
							type: 'quick_replies',
							quickReplies: [{ title: 'Yes', payload: 'y', contentType: 'text' }],
						},
					},
				},
			},
		},
	],
	'nested-say': [
		{
			text: 'Shall we go on?',
			data: {
				_data: {
					_cognigy: {
						_default: {
							_quickReplies: {
								type: 'quick_replies',
								quickReplies: [{ title: 'Go on', payload: 'y', contentType: 'text', imageUrl: '', imageAltText: '' }],
							},
						},
					},
				},
			},
		},
	],
	'all-buttons': only({
		type: 'buttons',
		_cognigy: {
			_default: {
				_buttons: {
					type: 'buttons',
					text: 'What next?',
					buttons: [
						{ id: 111, payload: 'x', type: 'postback', title: 'Go back' },
						{
							id: 112,
							payload: '',
							type: 'web_url',
							title: 'Our shop',
							url: 'https://example.org/shop',
							target: '_blank',
						},
						{ id: 113, payload: '+4930987', type: 'phone_number', title: 'Hotline' },
						{ id: 114, payload: '', type: 'trigger_intent', title: 'Start over', intentName: 'Welcome' },
						{ id: 115, payload: 'null', type: 'postback', title: '' },
					],
				},
			},
		},
	}),
	'trigger-intent-reply': forAll({
		_quickReplies: {
			type: 'quick_replies',
			text: 'Something else?',
			quickReplies: [
				{ id: 1, contentType: 'trigger_intent', payload: '', title: 'Help', intentName: 'Help' },
				{ id: 2, contentType: 'postback', payload: 'cIntent:Bye', title: 'No, bye' },
			],
		},
	}),
	'picture-replies': forAll({
		_quickReplies: {
			type: 'quick_replies',
			text: 'How was it?',
			quickReplies: [
				{
					contentType: 'postback',
					payload: '+',
					title: '',
					imageUrl: 'https://example.org/up.png',
					imageAltText: 'Thumb up',
				},
				{
					contentType: 'postback',
					payload: '-',
					title: 'Bad',
					imageUrl: 'https://example.org/down.png',
					imageAltText: 'Thumb down',
				},
			],
		},
	}),
	'quick-replies-null': forWebchat({ text: 'Nothing to choose from', quick_replies: null }),
	'buttons-null': template({ template_type: 'button', text: 'No buttons at all', buttons: null }),
	'buttons-empty': forAll({ _buttons: { type: 'buttons', text: 'Buttons to come', buttons: [] } }),
	'untitled-phone': template({
		template_type: 'button',
		text: 'Ring us',
		buttons: [{ type: 'phone_number', payload: '+491711' }],
	}),
	'account-link': template({
		template_type: 'button',
		text: 'Log in first',
		buttons: [{ type: 'account_link', url: 'https://example.org/login' }, { type: 'element_share' }],
	}),
	'numbers-as-titles': forAll({
		_quickReplies: {
			type: 'quick_replies',
			text: 'How many?',
			quickReplies: [
				{ contentType: 'postback', title: 0, payload: 0 },
				{ contentType: 'postback', title: 12, payload: 12 },
			],
		},
	}),
	'html-in-titles': forAll({
		_quickReplies: {
			type: 'quick_replies',
			text: '<p>Which <b>size</b>?</p>',
			quickReplies: [
				{ contentType: 'postback', title: '<span lang="fr">Petit</span>', payload: 's' },
				{ contentType: 'postback', title: 'L &amp; XL', payload: 'l' },
				{ contentType: 'postback', title: '< 10', payload: '0' },
			],
		},
	}),
	'reply-with-fallback': cognigy({
		_fallbackText: 'Say yes or no',
		_default: {
			_quickReplies: {
				type: 'quick_replies',
				text: 'Is that right?',
				quickReplies: [{ contentType: 'postback', title: 'Right', payload: 'y' }],
			},
		},
	}),
	'default-preview': cognigy({
		_defaultPreview: {
			message: { text: 'As a preview', quick_replies: [{ content_type: 'postback', title: 'Nice', payload: 'n' }] },
		},
	}),
	'malformed-webchat': only({
		_cognigy: { _webchat: { _pointer: 'quick-replies', 'quick-replies': { message: { text: 'not here' } } } },
		_data: {
			_cognigy: {
				_webchat: {
					message: { text: 'Found below', quick_replies: [{ content_type: 'text', title: 'Good', payload: 'g' }] },
				},
			},
		},
	}),
	'empty-webchat': [...cognigy({ _webchat: {} }), { text: 'Hi there', data: {} }],
	'variables-without-value': forAll({
		_buttons: {
			type: 'buttons',
			text: 'Your choice',
			buttons: [
				{ type: 'postback', title: 'undefined', payload: 'undefined' },
				{ type: 'web_url', title: 'Details', url: 'undefined' },
				{ type: 'postback', title: null, payload: null },
			],
		},
	}),
};

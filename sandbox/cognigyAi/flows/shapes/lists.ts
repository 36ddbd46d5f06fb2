import { forAll, only, template, type Shapes } from './shape';

/** Galleries and lists. */
export const lists: Shapes = {
	'webchat-generic-template': template({
		template_type: 'generic',
		elements: [
			{
				title: 'Red bike',
				subtitle: '21 gears',
				image_url: 'https://example.org/b.png',
				buttons: [{ type: 'postback', title: 'Rent', payload: 'r1' }],
			},
			{ title: 'Blue bike', subtitle: '', buttons: null },
		],
	}),
	'list-header': forAll({
		_list: {
			type: 'list',
			header: 'Our shops',
			items: [{ title: 'Bonn', subtitle: 'open till 8' }],
			button: { title: '', type: '', payload: '' },
		},
	}),
	'default-gallery': only({
		type: 'gallery',
		_cognigy: {
			_default: {
				_gallery: {
					type: 'carousel',
					items: [
						{
							id: 111,
							title: 'Sea view',
							subtitle: '2 beds\nbreakfast included',
							imageUrl: 'https://example.org/sea.jpg',
							imageAltText: 'Waves',
							buttons: [
								{ id: 1, payload: 'sea', type: 'postback', title: 'Take it' },
								{ id: 2, payload: '', type: 'web_url', title: 'Photos', url: 'https://example.org/sea' },
							],
						},
						{ id: 121, title: 'Yard view', subtitle: '', imageUrl: '', buttons: [] },
					],
					fallbackText: 'A room with a view of the sea or of the yard',
				},
			},
		},
	}),
	'empty-gallery': forAll({ _gallery: { type: 'carousel', items: [], fallbackText: 'There are no rooms left' } }),
	'gallery-untitled': forAll({
		_gallery: {
			type: 'carousel',
			items: [
				{ title: '', subtitle: '', imageUrl: 'https://example.org/1.png', imageAltText: 'Entrance', buttons: [] },
				{ title: '', subtitle: '', imageUrl: 'https://example.org/2.png', buttons: [] },
				{ title: '', subtitle: '', imageUrl: '', buttons: [] },
			],
		},
	}),
	'default-list': forAll({
		_list: {
			type: 'list',
			largeTopItem: true,
			items: [
				{
					title: 'Today',
					subtitle: 'Soup',
					imageUrl: 'https://example.org/soup.png',
					defaultActionUrl: 'https://example.org/today',
					imageAltText: 'A bowl',
					buttons: [{ type: 'postback', payload: 'soup', title: 'Order' }],
				},
				{ title: 'Tomorrow', subtitle: '', imageUrl: '', defaultActionUrl: '', buttons: [] },
			],
			button: { type: 'web_url', condition: '', payload: '', title: 'The whole week', url: 'https://example.org/week' },
		},
	}),
	'list-button-null': forAll({
		_list: { type: 'list', items: [{ title: 'The only one', subtitle: '', imageUrl: '', buttons: [] }], button: null },
	}),
	'list-button-only': forAll({
		_list: {
			type: 'list',
			button: { title: 'Show all', type: 'web_url', url: 'https://example.org/all', target: '_blank' },
		},
	}),
	'list-header-object': forAll({
		_list: {
			type: 'list',
			header: { title: 'Trains', subtitle: 'from Bonn' },
			items: [{ title: '8:15', subtitle: 'platform 2' }],
		},
	}),
	'webchat-list': template({
		template_type: 'list',
		top_element_style: 'large',
		elements: [
			{
				title: 'Bakery',
				subtitle: 'till noon',
				image_url: 'https://example.org/bread.png',
				buttons: [{ type: 'phone_number', title: 'Reserve', payload: '0228 1' }],
			},
			{
				title: 'Library',
				subtitle: '',
				image_url: 'undefined',
				buttons: null,
				default_action: { type: 'web_url', url: 'https://example.org/lib' },
			},
		],
		buttons: [{ type: 'web_url', title: 'All places', url: 'https://example.org/places', messenger_extensions: false }],
	}),
	'webchat-list-null-buttons': template({
		template_type: 'list',
		top_element_style: true,
		elements: [{ title: 'Gate 4', subtitle: 'boarding', image_url: '', buttons: [] }],
		buttons: null,
	}),
	'generic-without-action': template({
		template_type: 'generic',
		elements: [
			{ title: 'Old chair', subtitle: 'oak', image_url: '', default_action: { type: 'web_url' }, buttons: null },
		],
	}),
	'html-in-cards': template({
		template_type: 'generic',
		elements: [{ title: '<b>Lamp</b>', subtitle: 'warm &amp; bright<br>12 W', buttons: [] }],
	}),
};

// Starts Swagger UI, once it is there. A token that is typed in is kept for as long as the page is open, and nowhere else.
document.addEventListener('DOMContentLoaded', () => {
  SwaggerUIBundle({
    url: document.getElementById('api').dataset.description,
    dom_id: '#api',
    layout: 'BaseLayout',
    deepLinking: true,
    tryItOutEnabled: true,
    persistAuthorization: false,
    displayRequestDuration: true,
    // It would send the description elsewhere, to have it checked.
    validatorUrl: null,
  });
});

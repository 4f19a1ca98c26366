"""The wording of the support tickets: everything here was written for Aliquot.

A topic has, in English: *problems* (clauses that follow "because"), *details* (whole sentences), *asks*
(clauses that follow "please"), *notes* (fragments of hurried people), *subjects*; and whole sentences in German
and Spanish. ``{slots}`` are filled by the generator.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """The wording and the habits of one topic.

    Args:
        share: Share of the tickets, up to a common factor; 0 for the planted rare topic.
        minutes: Typical handling time.
        spread: Standard deviation of its logarithm.
        season: Month in which it peaks, 0 for none.
    """

    share: float
    minutes: float
    spread: float
    season: int
    problems: tuple[str, ...]
    details: tuple[str, ...]
    asks: tuple[str, ...]
    notes: tuple[str, ...]
    subjects: tuple[str, ...]
    german: tuple[str, ...]
    spanish: tuple[str, ...]


RARE = "refund fraud"

TOPICS: dict[str, Topic] = {
    "invoice error": Topic(
        14, 12, 0.5, 1,
        (
            "the invoice for {month} lists the {product} twice",
            "invoice {invoice} shows {amount} although we agreed on {amount2}",
            "the tax on our {month} bill was calculated for the wrong country",
            "we were charged for {count} licences and use only {count2}",
            "the discount we were promised is missing from invoice {invoice}",
            "our purchase order number is not printed on the {month} invoice",
            "the billing address on invoice {invoice} is still the old one in {city}",
            "my card was debited {amount} and I cannot match it to any invoice",
        ),
        (
            "Our accountant closes the books on the {day}th.",
            "The difference comes to {amount2}.",
            "The contract was signed in {month2} and has not changed since.",
            "I compared it with the quote that {person} sent us.",
            "The same mistake was on the previous bill as well.",
            "We have not paid it yet for this reason.",
        ),
        (
            "send a corrected invoice", "cancel invoice {invoice} and issue a new one",
            "tell me how this amount comes about", "credit the difference to our account",
        ),
        (
            "wrong total on invoice {invoice}", "billed twice for {product} in {month}",
            "tax rate on {month} bill incorrect", "invoice {invoice}: address outdated, PO number missing",
            "charged {amount}, expected {amount2}", "need corrected {month} invoice for {count} seats",
        ),
        ("Invoice {invoice}", "Wrong amount on {month} bill", "Question about billing", "Billed twice"),
        (
            "auf der Rechnung {invoice} steht der Artikel {product} zweimal.",
            "der Betrag auf der Rechnung vom {day}. {demonth} ist falsch, vereinbart waren {amount2}.",
            "Bitte schicken Sie uns eine korrigierte Rechnung über {amount}.",
            "Die Rechnungsadresse in {city} ist veraltet.",
        ),
        (
            "en la factura {invoice} aparece dos veces el artículo {product}.",
            "el importe de la factura de {esmonth} no es correcto, habíamos acordado {amount2}.",
            "Les ruego que me envíen una factura corregida por {amount}.",
            "La dirección de facturación en {city} es antigua.",
        ),
    ),
    "late delivery": Topic(
        12, 9, 0.5, 12,
        (
            "the {product} I ordered on the {day}th of {month} has not arrived",
            "order {order} was promised within {few} days and it is now {days} days late",
            "the tracking page for order {order} has not moved since it left {city}",
            "the courier marked parcel {order} as delivered but nobody here received it",
            "only part of order {order} came and the {product} is still on its way",
            "the delivery date of my {product} has been moved {few} times",
            "the parcel seems to be stuck in the depot in {city}",
        ),
        (
            "I need it before a trip on the {day2}th.", "The neighbours have not seen a parcel either.",
            "The courier's hotline sent me back to you.", "It was meant as a birthday present.",
            "We have {count2} people waiting for it in {city2}.", "I was at home the whole day.",
        ),
        (
            "find out where the parcel is", "give me a delivery date I can rely on",
            "send a replacement by express", "change the delivery address to our office in {city2}",
        ),
        (
            "order {order} still not here", "parcel stuck in {city} for {days} days",
            "tracking {order}: no update since the {day}th", "{product} late again, new date?",
            "marked delivered, nothing received, order {order}", "half of order {order} missing",
        ),
        ("Where is order {order}?", "Delivery overdue", "Parcel not received", "Late: {product}"),
        (
            "meine Bestellung {order} ist seit {days} Tagen überfällig.",
            "das Paket mit dem Artikel {product} liegt offenbar noch in {city}.",
            "Können Sie mir einen verlässlichen Liefertermin nennen?",
            "Der Paketdienst konnte mir nicht helfen.",
        ),
        (
            "mi pedido {order} lleva {days} días de retraso.",
            "el paquete con el artículo {product} sigue parado en {city}.",
            "¿Pueden darme una fecha de entrega segura?",
            "La empresa de transporte no me ha sabido ayudar.",
        ),
    ),
    "damaged goods": Topic(
        8, 14, 0.6, 12,
        (
            "the {product} arrived with a cracked casing", "the box was crushed and the {product} inside is bent",
            "one foot of the {product} was broken off when I opened the carton",
            "the screen of the {product} has a scratch from corner to corner",
            "the power supply that came with the {product} has bare wires",
            "there was water in the parcel and the {product} will not dry out",
            "the seal on the {product} had been opened before it reached me",
        ),
        (
            "I took photographs of the carton and of the damage.", "The driver noted it on the receipt.",
            "The inner packaging was missing.", "It has order number {order}.",
            "I have not switched it on, to be safe.", "The outer box looked fine.",
        ),
        (
            "send me an undamaged one", "arrange for the broken one to be picked up in {city}",
            "tell me where to send the photographs", "take part of the price off, then I will keep it",
        ),
        (
            "{product} arrived cracked, order {order}", "box crushed, {product} bent",
            "scratched screen out of the box", "wet parcel, {product} dead on arrival",
            "bare wires on power supply", "seal broken on {product}, please exchange",
        ),
        ("Damaged on arrival: {product}", "Broken parcel {order}", "Transport damage", "Cracked casing"),
        (
            "der Artikel {product} kam mit gesprungenem Gehäuse an.",
            "der Karton der Bestellung {order} war eingedrückt und der Inhalt verbogen.",
            "Ich habe Fotos vom Schaden gemacht.", "Bitte schicken Sie mir ein unbeschädigtes Gerät.",
        ),
        (
            "el artículo {product} llegó con la carcasa rota.",
            "la caja del pedido {order} estaba aplastada y el contenido doblado.",
            "He hecho fotos de los daños.", "Envíenme por favor un aparato en buen estado.",
        ),
    ),
    "login problem": Topic(
        11, 6, 0.4, 0,
        (
            "I cannot sign in to my account since I changed my telephone",
            "the password reset e-mail never reaches {mail}", "my account was locked after {few} attempts",
            "the code from the authenticator app is rejected every time",
            "single sign-on sends me in circles between two pages in {browser}",
            "the page says that my user name does not exist although I used it yesterday",
            "the link for setting a new password has expired before I could open it",
        ),
        (
            "I looked in the spam folder as well.", "My colleague {person} can sign in without trouble.",
            "It happens in {browser} and in a private window.", "I have been a customer for {few} years.",
            "The clock of my telephone is right.", "I need access before the meeting at {hour} o'clock.",
        ),
        (
            "unlock my account", "reset the second factor", "send the reset link to {mail}",
            "tell me which user name you have on file",
        ),
        (
            "locked out after {few} tries", "no reset mail at {mail}", "2FA code rejected on new phone",
            "login loop in {browser}", "reset link expired, send again", "user name unknown?? worked yesterday",
        ),
        ("Cannot sign in", "Password reset", "Account locked", "Second factor on a new phone"),
        (
            "ich kann mich seit dem {day}. {demonth} nicht mehr anmelden.",
            "die E-Mail zum Zurücksetzen des Passworts kommt bei {mail} nicht an.",
            "Mein Konto wurde nach {few} Versuchen gesperrt.", "Bitte schalten Sie mein Konto wieder frei.",
        ),
        (
            "no puedo iniciar sesión desde el {day} de {esmonth}.",
            "el correo para restablecer la contraseña no llega a {mail}.",
            "Mi cuenta se bloqueó después de {few} intentos.", "Por favor, desbloqueen mi cuenta.",
        ),
    ),
    "app crash": Topic(
        10, 25, 0.7, 5,
        (
            "the app closes by itself as soon as I open the {screen} screen",
            "version {version} crashes on my {device} at every start",
            "the program freezes when I drag more than {count} files into it",
            "the {screen} window stays white until I end the process",
            "an error with the number {error} appears and then everything is gone",
            "the app on my {device} quits whenever the telephone rings",
            "saving on the {screen} screen ends in a crash and my changes are lost",
        ),
        (
            "I reinstalled it twice.", "Version {version2} still worked.", "The log file is {count} megabytes long.",
            "It started after the update on the {day}th.", "My {device} has plenty of free memory.",
            "A restart helps for about {few} minutes.",
        ),
        (
            "look at the crash report I have just sent", "tell me how to go back to version {version2}",
            "fix this in the next release", "let me know which log files you need",
        ),
        (
            "crash on {screen} screen, v{version}", "error {error} then app gone", "freezes on {device} after update",
            "white {screen} window since the {day}th", "v{version} will not start on {device}",
            "lost changes, crash while saving",
        ),
        ("Crash in version {version}", "Error {error}", "App closes by itself", "Freeze on {device}"),
        (
            "die App stürzt auf meinem {device} ab, sobald ich Version {version} starte.",
            "beim Speichern erscheint der Fehler {error} und das Programm schließt sich.",
            "Mit Version {version2} lief noch alles.", "Ich habe die App zweimal neu installiert.",
        ),
        (
            "la aplicación se cierra en mi {device} cada vez que abro la versión {version}.",
            "al guardar aparece el error {error} y el programa se cierra.",
            "Con la versión {version2} todo funcionaba.", "Ya he instalado la aplicación dos veces.",
        ),
    ),
    "slow sync": Topic(
        8, 18, 0.5, 0,
        (
            "synchronising {count} files takes {few} hours instead of minutes",
            "changes made in {city} appear on the other computers only the next day",
            "the upload crawls at {few} kilobytes per second although our line is fast",
            "the sync icon has been spinning since the {day}th of {month}",
            "the shared folder is always {few} versions behind",
            "the first backup of {count} gigabytes has not finished after {days} days",
        ),
        (
            "A speed test shows {count} megabits per second.", "Other services are as fast as ever.",
            "It is worst between {hour} and noon.", "We have {count2} people in the same folder.",
            "Pausing and resuming does not help.", "The router was restarted.",
        ),
        (
            "check whether our account is being throttled", "tell me which ports must be open",
            "explain how to move the folder to a server nearer to {city}", "look into the speed from your side",
        ),
        (
            "sync stuck at {percent}%", "upload {few} KB/s, line is fine", "folder {few} versions behind",
            "backup not done after {days} days", "sync from {city} very slow since the {day}th",
            "spinning icon for {few} hours",
        ),
        ("Synchronisation very slow", "Backup does not finish", "Folder out of date", "Slow upload from {city}"),
        (
            "die Synchronisation von {count} Dateien dauert {few} Stunden.",
            "Änderungen aus {city} erscheinen erst am nächsten Tag auf den anderen Rechnern.",
            "Unsere Leitung ist schnell genug.", "Anhalten und Fortsetzen hilft nicht.",
        ),
        (
            "la sincronización de {count} archivos tarda {few} horas.",
            "los cambios hechos en {city} no aparecen en los otros equipos hasta el día siguiente.",
            "Nuestra conexión es rápida.", "Pausar y reanudar no sirve de nada.",
        ),
    ),
    "data export": Topic(
        7, 15, 0.5, 3,
        (
            "the spreadsheet export of the {screen} list stops after {count} rows",
            "dates in the exported file are in American order",
            "accented letters turn into question marks when I open the download",
            "the export button on the {screen} page is grey for me",
            "columns are missing from the report that I download every {weekday}",
            "decimal commas are lost in the exported table and every number is {count} times too large",
        ),
        (
            "I open it in {sheet}.", "The preview on the page looks right.", "A colleague gets the same file.",
            "Last {month} it still worked.", "Our auditor needs the complete table.",
            "I tried both file formats.",
        ),
        (
            "send us the full table as a file", "tell me which encoding the file has",
            "add the missing columns to the report", "explain how to schedule the export for every {weekday}",
        ),
        (
            "export cut off at {count} rows", "umlauts broken in CSV, {sheet}", "{screen} export button greyed out",
            "dates swapped in download", "report lacks columns since {month}", "decimal comma lost in export",
        ),
        ("Incomplete export", "CSV file unreadable", "Download of the {screen} list", "Missing columns in report"),
        (
            "der Export der Liste bricht nach {count} Zeilen ab.",
            "in der heruntergeladenen Tabelle sind die Umlaute zerstört.",
            "Ich öffne die Datei mit {sheet}.", "Unser Prüfer braucht die vollständige Tabelle.",
        ),
        (
            "la exportación de la lista se corta después de {count} filas.",
            "en la tabla descargada los acentos aparecen como signos de interrogación.",
            "Abro el archivo con {sheet}.", "Nuestro auditor necesita la tabla completa.",
        ),
    ),
    "api integration": Topic(
        6, 35, 0.8, 0,
        (
            "the {endpoint} endpoint answers with status {status} since this morning",
            "our webhook is called {few} times for a single event",
            "the access token expires after {few} minutes instead of an hour",
            "the request limit of {count} calls per minute is too low for our import",
            "the field {field} is missing from the JSON that {endpoint} returns",
            "the signature of the webhook does not match the one described in the documentation",
        ),
        (
            "Our client is written in {language}.", "The sandbox behaves correctly.",
            "The request id is {error}.", "We have not changed our code since {month}.",
            "A retry after {few} seconds sometimes succeeds.", "The header is sent exactly as documented.",
        ),
        (
            "raise our rate limit", "check the server log for request {error}", "correct the documentation of {endpoint}",
            "tell us whether the change to {field} was intended",
        ),
        (
            "{endpoint} returns {status}", "webhook fired {few} times per event", "token expires too early",
            "{field} gone from {endpoint} response", "rate limit {count}/min too low", "bad webhook signature, {language} client",
        ),
        ("API: status {status}", "Webhook called repeatedly", "Field {field} missing", "Rate limit"),
        (
            "die Schnittstelle {endpoint} antwortet seit heute mit Status {status}.",
            "in der JSON-Antwort von {endpoint} fehlt das Feld {field}.",
            "Unser Programm ist in {language} geschrieben.", "Bitte prüfen Sie das Protokoll der Anfrage {error}.",
        ),
        (
            "la interfaz {endpoint} responde con el estado {status} desde hoy.",
            "en la respuesta JSON de {endpoint} falta el campo {field}.",
            "Nuestro programa está escrito en {language}.", "Revisen por favor el registro de la petición {error}.",
        ),
    ),
    "cancel subscription": Topic(
        6, 7, 0.4, 1,
        (
            "we want to end our {plan} subscription at the end of {month}",
            "I no longer use the {plan} plan and would like to stop the renewal",
            "our team in {city} is closing and its {count2} seats are not needed any more",
            "the trial turned into a paid {plan} plan without my noticing",
            "I am moving to another provider and want to close the account",
        ),
        (
            "The notice period in the contract is {few} weeks.", "The cancel button leads to an empty page.",
            "We were happy with the service.", "The next payment is due on the {day}th.",
            "The price increase in {month2} was the reason.",
        ),
        (
            "confirm the cancellation in writing", "make sure that nothing is charged after {month}",
            "downgrade us to the free plan instead", "delete the payment details",
        ),
        (
            "cancel {plan} plan end of {month}", "stop renewal please", "close account, moving elsewhere",
            "remove {count2} seats in {city}", "trial became paid, cancel", "confirm cancellation of {plan}",
        ),
        ("Cancellation of {plan}", "End of contract", "Stop the renewal", "Close account"),
        (
            "hiermit kündige ich das Abonnement {plan} zum Ende des Monats {demonth}.",
            "wir nutzen den Tarif {plan} nicht mehr und möchten ihn nicht verlängern.",
            "Bitte bestätigen Sie die Kündigung schriftlich.", "Die nächste Zahlung ist am {day}. fällig.",
        ),
        (
            "quiero cancelar la suscripción {plan} a finales de {esmonth}.",
            "ya no usamos el plan {plan} y no deseamos renovarlo.",
            "Confirmen por favor la cancelación por escrito.", "El próximo pago vence el día {day}.",
        ),
    ),
    "warranty repair": Topic(
        6, 40, 0.6, 0,
        (
            "the fan of my {product} has become very loud after {few} months",
            "the {product} switches itself off when it gets warm",
            "one port of the {product} has stopped working",
            "the battery of the {product} lasts {few} minutes only",
            "the {product} that came back from repair shows the same fault again",
            "the hinge of the {product} is loose and the warranty runs until {month}",
        ),
        (
            "The serial number is {serial}.", "It was bought in {city} in {month2}.", "I still have the receipt.",
            "It stands in a cool, dry room.", "A factory reset changed nothing.", "The firmware is version {version}.",
        ),
        (
            "repair it under warranty", "send me a return label", "lend me a device for the time of the repair",
            "tell me how long the repair takes",
        ),
        (
            "loud fan, {product}, s/n {serial}", "{product} overheats and shuts down", "battery dead after {few} min",
            "port broken, under warranty until {month}", "same fault after repair, {serial}", "return label for {product}?",
        ),
        ("Repair of {product}", "Warranty, serial {serial}", "Fault after {few} months", "Loud fan"),
        (
            "der Lüfter meines Geräts {product} ist sehr laut geworden.",
            "das Gerät {product} schaltet sich ab, sobald es warm wird.",
            "Die Seriennummer lautet {serial}.", "Bitte reparieren Sie es auf Garantie.",
        ),
        (
            "el ventilador de mi {product} hace mucho ruido.",
            "el aparato {product} se apaga cuando se calienta.",
            "El número de serie es {serial}.", "Les pido que lo reparen en garantía.",
        ),
    ),
    "privacy request": Topic(
        4, 30, 0.5, 0,
        (
            "I would like to know which personal data you hold about me",
            "my e-mail address {mail} should be erased from your newsletter list",
            "my name appears in a public list on your website without my consent",
            "I withdraw my consent to the analysis of how I use the app",
            "our data protection officer needs the processing agreement for the {plan} plan",
        ),
        (
            "The legal period for an answer is one month.", "I never agreed to this.",
            "You can identify me by customer number {serial}.", "Copies of older consents would help.",
            "Please do not pass my data on in the meantime.",
        ),
        (
            "erase all data that you need not keep by law", "send me a copy of my data in a common format",
            "confirm the deletion in writing", "name the companies that received my data",
        ),
        (
            "data access request, {mail}", "delete my data please", "withdraw consent to tracking",
            "need processing agreement for {plan}", "remove {mail} from newsletter", "my name is public on your site",
        ),
        ("Data access request", "Please erase my data", "Withdrawal of consent", "Processing agreement"),
        (
            "ich möchte wissen, welche persönlichen Daten Sie über mich speichern.",
            "bitte löschen Sie die Adresse {mail} aus Ihrem Verteiler.",
            "Meine Kundennummer ist {serial}.", "Ich widerrufe meine Einwilligung.",
        ),
        (
            "quiero saber qué datos personales guardan sobre mí.",
            "borren por favor la dirección {mail} de su lista de correo.",
            "Mi número de cliente es {serial}.", "Retiro mi consentimiento.",
        ),
    ),
    "feature request": Topic(
        5, 8, 0.5, 0,
        (
            "a dark theme for the {screen} screen would spare our eyes",
            "it would help us to filter the {screen} list by {field}",
            "a keyboard shortcut for the {screen} screen is missing",
            "we would pay for a connection to {sheet}", "recurring tasks for every {weekday} are not possible so far",
            "an undo of more than {few} steps would be welcome",
        ),
        (
            "A competitor has had this for {few} years.", "All {count2} of us would use it daily.",
            "At present we do it by hand.", "I saw others ask for it in the forum.", "It need not be perfect.",
        ),
        (
            "consider it for the next version", "tell us whether it is planned", "let us test it early",
            "add our vote to the wish list",
        ),
        (
            "wish: dark theme on {screen}", "filter {screen} by {field}?", "shortcut for {screen} please",
            "connect to {sheet}, would pay", "recurring tasks each {weekday}", "more undo steps",
        ),
        ("Wish: {screen} screen", "Idea for the next version", "Filter by {field}", "Connection to {sheet}"),
        (
            "ein dunkles Farbschema würde uns sehr helfen.",
            "wir möchten die Liste gern nach dem Feld {field} filtern.",
            "Bisher machen wir das von Hand.", "Ist das für die nächste Version geplant?",
        ),
        (
            "un tema oscuro nos ayudaría mucho.",
            "nos gustaría filtrar la lista por el campo {field}.",
            "Hasta ahora lo hacemos a mano.", "¿Está previsto para la próxima versión?",
        ),
    ),
    "installation visit": Topic(
        5, 20, 0.4, 9,
        (
            "the technician did not come on {weekday} although the visit was confirmed",
            "I have to move the installation in {city} from the {day}th to the {day2}th",
            "nobody told us how long the installation of {count2} devices will take",
            "the technician left before the {product} on the second floor was connected",
            "we need an appointment for fitting the {product} in our office in {city}",
        ),
        (
            "The house has no lift.", "Someone is at home after {hour} o'clock.", "I took a day off for it.",
            "The cellar key is with {person}.", "Parking is possible in the yard.",
        ),
        (
            "offer me a new appointment", "ask the technician to call half an hour before",
            "send a confirmation with the name of the technician", "finish the work this week",
        ),
        (
            "technician no show on {weekday}", "move visit {day}th -> {day2}th, {city}", "appointment for {product}?",
            "installation not finished, 2nd floor", "when is the technician coming to {city}", "visit after {hour} only",
        ),
        ("Appointment in {city}", "Technician did not come", "New date for the visit", "Installation unfinished"),
        (
            "der Techniker ist am {day}. {demonth} nicht gekommen.",
            "wir brauchen einen Termin für den Einbau in {city}.",
            "Ab {hour} Uhr ist jemand zu Hause.", "Bitte nennen Sie mir einen neuen Termin.",
        ),
        (
            "el técnico no vino el {day} de {esmonth}.",
            "necesitamos una cita para la instalación en {city}.",
            "A partir de las {hour} hay alguien en casa.", "Propónganme por favor una nueva cita.",
        ),
    ),
    "accessibility": Topic(
        3, 28, 0.5, 0,
        (
            "my screen reader does not announce the buttons on the {screen} screen",
            "the grey text on the {screen} page is too pale for me to read",
            "the {screen} form cannot be completed with the keyboard alone",
            "the training video about the {product} has no subtitles",
            "the letters stay tiny although I set {percent} per cent in {browser}",
        ),
        (
            "I have been blind since birth.", "I have low vision.", "A mouse is of no use to me.",
            "I am hard of hearing.", "Several members of our association are affected.",
        ),
        (
            "give the buttons proper names", "raise the contrast", "add subtitles to the videos",
            "tell me whether there is a version for screen readers",
        ),
        (
            "screen reader silent on {screen}", "contrast too low on {screen}", "no subtitles in {product} video",
            "keyboard trap in {screen} form", "font size ignored in {browser}", "buttons without names, {screen}",
        ),
        ("Screen reader", "Contrast on the {screen} page", "Keyboard only", "Subtitles missing"),
        (
            "mein Vorleseprogramm nennt die Schaltflächen nicht.",
            "der graue Text ist für mich zu blass.",
            "Ich sehe sehr schlecht.", "Bitte erhöhen Sie den Kontrast.",
        ),
        (
            "mi lector de pantalla no anuncia los botones.",
            "el texto gris es demasiado pálido para mí.",
            "Tengo baja visión.", "Aumenten por favor el contraste.",
        ),
    ),
    RARE: Topic(
        0, 95, 0.5, 0,
        (
            "someone is claiming refunds in my name for orders I never placed",
            "a refund of {amount} for order {order} was paid to a bank account that is not mine",
            "a caller pretending to be your refund department asked for my card number",
            "{few} refunds were requested from my account during one night by a stranger",
            "a forged return label with my name was used to obtain {amount}",
        ),
        (
            "I have reported it to the police.", "My bank suspects organised fraud.",
            "The stranger knew order number {order}.", "I never returned a {product}.",
            "The e-mail came from an address that looks almost like yours.",
        ),
        (
            "block all refunds on my account at once", "tell your fraud team",
            "send me the record of these refunds for the police", "confirm that the caller was not yours",
        ),
        (
            "fraudulent refund of {amount}, order {order}", "fake refund call asking for card number",
            "refund paid to stranger's account", "forged return label, {amount} gone",
            "block refunds now, account abused", "{few} refunds I never asked for",
        ),
        ("Fraud: refund not requested by me", "Suspicious refund call", "Refund to a stranger", "Police report"),
        (
            "jemand fordert in meinem Namen Erstattungen für Bestellungen, die ich nie aufgegeben habe.",
            "eine Erstattung über {amount} ging auf ein fremdes Konto.",
            "Ich habe Anzeige erstattet.", "Bitte sperren Sie sofort alle Erstattungen.",
        ),
        (
            "alguien pide reembolsos en mi nombre por pedidos que nunca hice.",
            "un reembolso de {amount} se pagó a una cuenta ajena.",
            "He presentado una denuncia.", "Bloqueen de inmediato todos los reembolsos.",
        ),
    ),
}  # fmt: skip

SLOTS: dict[str, tuple[str, ...]] = {
    "product": (
        "Fjord router", "Alder printer", "Kestrel headset", "Birch monitor", "Tern tablet", "Juniper keyboard",
        "Osprey camera", "Cedar docking station", "Heron speaker", "Larch scanner", "Plover e-reader",
        "Rowan charger", "Willow projector", "Merlin smart lock", "Aspen network switch",
    ),
    "device": ("Tern tablet", "Android phone", "iPhone", "Windows laptop", "MacBook", "Linux workstation", "Chromebook"),
    "browser": ("Firefox", "Chrome", "Safari", "Edge", "Opera"),
    "sheet": ("Excel", "LibreOffice", "Google Sheets", "Numbers", "our accounting program"),
    "screen": ("calendar", "invoice", "settings", "contact", "report", "inventory", "search", "dashboard", "project"),
    "field": ("due_date", "owner", "status", "country", "priority", "currency", "tags", "updated_at"),
    "endpoint": ("/orders", "/customers", "/invoices", "/events", "/devices", "/tickets", "/refunds"),
    "language": ("Python", "Java", "Go", "PHP", "Rust", "C#", "Ruby"),
    "status": ("401", "403", "404", "409", "422", "429", "500", "502", "503"),
    "plan": ("Basic", "Team", "Business", "Studio", "Family"),
    "city": (
        "Aarhus", "Bilbao", "Bremen", "Cork", "Dresden", "Exeter", "Galway", "Graz", "Leeds", "Leipzig", "Lyon",
        "Malaga", "Porto", "Seville", "Turin", "Utrecht", "Valencia", "Vienna", "York", "Zurich",
    ),
    "month": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    ),
    "demonth": (
        "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
        "November", "Dezember",
    ),
    "esmonth": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
        "noviembre", "diciembre",
    ),
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    "person": (
        "Anna Berg", "Bruno Costa", "Clara Weiss", "David Nolan", "Elena Ruiz", "Farid Amiri", "Grace Obi",
        "Hanna Lind", "Ivan Petrov", "Julia Meyer", "Kofi Mensah", "Laura Conti", "Mei Tanaka", "Nils Holm",
        "Olga Novak", "Pedro Alba", "Rosa Marin", "Samir Patel", "Tom Fischer", "Wanda Krol",
    ),
}  # fmt: skip

OPENINGS: dict[str, tuple[str, ...]] = {
    "formal": (
        "Dear support team,", "Dear Sir or Madam,", "Good morning,", "To whom it may concern,", "Dear colleagues,",
    ),
    "casual": ("Hi,", "Hello there,", "Hey team,", "Hi folks,", "Morning!"),
}  # fmt: skip
LEADS: dict[str, tuple[str, ...]] = {
    "formal": (
        "I am writing to you because {p}.", "I regret to inform you that {p}.", "I would like to bring to your attention that {p}.",
        "Unfortunately, {p}.", "I have to report that {p}.",
    ),
    "casual": ("so {p}.", "just noticed that {p}.", "looks like {p}.", "bit of a problem here: {p}.", "{p}, no idea why."),
}  # fmt: skip
REQUESTS: dict[str, tuple[str, ...]] = {
    "formal": ("Could you please {a}?", "I would be grateful if you could {a}.", "I kindly ask you to {a}.", "Would you {a}?"),
    "casual": ("Can you {a}?", "Could you {a} please?", "Would be great if you could {a}.", "Any chance you can {a}?"),
}  # fmt: skip
CLOSINGS: dict[str, tuple[str, ...]] = {
    "formal": ("Kind regards, {person}", "Yours faithfully, {person}", "With best regards, {person}", "Sincerely, {person}"),
    "casual": ("Thanks!", "Cheers, {first}", "Thanks a lot, {first}", "Ta, {first}", "Bye, {first}"),
}  # fmt: skip
GERMAN = {
    "open": ("Guten Tag,", "Sehr geehrte Damen und Herren,", "Hallo,"),
    "close": ("Mit freundlichen Grüßen, {person}", "Viele Grüße, {person}", "Danke und Gruß, {first}"),
}
SPANISH = {
    "open": ("Buenos días,", "Estimados señores:", "Hola,"),
    "close": ("Un cordial saludo, {person}", "Muchas gracias, {person}", "Saludos, {first}"),
}

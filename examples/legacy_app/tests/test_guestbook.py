import io
import unittest
from unittest import mock

from guestbook import app, notify, storage


class GuestbookTest(unittest.TestCase):
    def post(self, body):
        environ = {
            "REQUEST_METHOD": "POST",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }
        statuses = []
        page = b"".join(app.application(environ, lambda status, headers: statuses.append(status)))
        return statuses[0], page.decode("utf-8")

    @mock.patch("os.path.exists", lambda path: False)
    def test_signing(self):
        status, page = self.post(b"name=Ann&message=a+%3C+b")
        self.assertEqual(status, "200 OK")
        self.assertIn("<h2>Ann</h2><p>a &lt; b</p>", page)

    def test_display(self):
        with mock.patch("telnetlib.Telnet") as telnet:
            notify.on_the_display("display.example.org", "hello")
        telnet.return_value.write.assert_called_once_with(b"hello\r\n")

    def test_newest_first(self):
        storage.add("Bob", "one")
        storage.add("Cy", "two")
        self.assertEqual([entry.name for entry in storage.entries()][:2], ["Cy", "Bob"])

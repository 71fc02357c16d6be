"""The four ways to reach an expert, behind one seam: `Client.ask`."""
